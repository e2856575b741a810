-- What some kinds say besides, the code of a case's main line, and whether another person has attested the version or disputes it.
ALTER TABLE activity_versions ADD COLUMN technique TEXT NOT NULL DEFAULT '';
ALTER TABLE activity_versions ADD COLUMN consultation_type TEXT;
ALTER TABLE activity_versions ADD COLUMN assistant TEXT;
ALTER TABLE activity_versions ADD COLUMN assistant_part TEXT;
ALTER TABLE activity_versions ADD COLUMN gap_level TEXT;
ALTER TABLE activity_versions ADD COLUMN main_system TEXT;
ALTER TABLE activity_versions ADD COLUMN main_procedure TEXT;
ALTER TABLE activity_versions ADD COLUMN sheet TEXT;
ALTER TABLE activity_versions ADD COLUMN dispute_note TEXT;
ALTER TABLE activity_versions ADD COLUMN made_by TEXT;
