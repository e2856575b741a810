-- Whose words a version has: who recorded the activity, or amended it last. NULL in versions of before: their recorder, where RECORDED.
ALTER TABLE activity_versions ADD COLUMN author TEXT COLLATE "C";
