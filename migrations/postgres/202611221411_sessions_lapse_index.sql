-- What the sweeper looks for: across programmes, and so not by a key.
CREATE INDEX sessions_by_lapse ON sessions (lapse_time) WHERE lapse_time IS NOT NULL;
