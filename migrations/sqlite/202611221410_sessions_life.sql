-- Sessions that lapse, wait for an answer, are moved, delayed or voided; what is planned of grade, dossier and urgency.
ALTER TABLE sessions ADD COLUMN grade INTEGER;
ALTER TABLE sessions ADD COLUMN dossier TEXT;
ALTER TABLE sessions ADD COLUMN urgency TEXT NOT NULL DEFAULT 'ELECTIVE';
ALTER TABLE sessions ADD COLUMN lapse_time INTEGER;
ALTER TABLE sessions ADD COLUMN awaiting TEXT;
ALTER TABLE sessions ADD COLUMN proposed_time INTEGER;
ALTER TABLE sessions ADD COLUMN lapse_cause TEXT;
ALTER TABLE sessions ADD COLUMN confirmed INTEGER NOT NULL DEFAULT TRUE;
ALTER TABLE sessions ADD COLUMN tz_version TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN proposed_move TEXT;
ALTER TABLE sessions ADD COLUMN overridden TEXT;
ALTER TABLE sessions ADD COLUMN delay TEXT;
ALTER TABLE sessions ADD COLUMN void_note TEXT;
