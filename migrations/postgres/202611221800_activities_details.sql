-- What some kinds say besides, the code of a case's main line, and whether another person has attested the version or disputes it.
ALTER TABLE activity_versions
    ADD COLUMN technique TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN consultation_type TEXT COLLATE "C",
    ADD COLUMN assistant TEXT COLLATE "C",
    ADD COLUMN assistant_part TEXT COLLATE "C",
    ADD COLUMN gap_level TEXT COLLATE "C",
    ADD COLUMN main_system TEXT COLLATE "C",
    ADD COLUMN main_procedure TEXT COLLATE "C",
    ADD COLUMN sheet TEXT COLLATE "C",
    ADD COLUMN dispute_note TEXT COLLATE "C",
    ADD COLUMN made_by TEXT COLLATE "C";
