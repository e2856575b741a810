-- By session first: PostgreSQL, and SQLite, took an index that begins with the programme for one by resource, and looked through all that
-- the programme has taken.
DROP INDEX occupancy_by_session;
