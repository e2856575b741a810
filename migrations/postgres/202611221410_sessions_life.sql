-- Sessions that lapse, wait for an answer, are moved, delayed or voided; what is planned of grade, dossier and urgency.
ALTER TABLE sessions
    ADD COLUMN grade BIGINT,
    ADD COLUMN dossier TEXT COLLATE "C",
    ADD COLUMN urgency TEXT COLLATE "C" NOT NULL DEFAULT 'ELECTIVE',
    ADD COLUMN lapse_time BIGINT,
    ADD COLUMN awaiting TEXT COLLATE "C",
    ADD COLUMN proposed_time BIGINT,
    ADD COLUMN lapse_cause TEXT COLLATE "C",
    ADD COLUMN confirmed BOOLEAN NOT NULL DEFAULT TRUE,
    ADD COLUMN tz_version TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN proposed_move TEXT COLLATE "C",
    ADD COLUMN overridden TEXT COLLATE "C",
    ADD COLUMN delay TEXT COLLATE "C",
    ADD COLUMN void_note TEXT COLLATE "C";
