-- How far the change log was forgotten: what was changed up to this sequence number isn't kept any more.
ALTER TABLE heads ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
