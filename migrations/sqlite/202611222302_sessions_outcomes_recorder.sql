-- Who said what became of a session: another person attests it. NULL in versions of before.
ALTER TABLE session_outcomes ADD COLUMN recorder TEXT;
