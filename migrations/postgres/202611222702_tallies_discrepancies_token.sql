-- The token: a restriction finds by it what was missing here, and puts another in its place.
ALTER TABLE discrepancies ADD COLUMN patient_token TEXT COLLATE "C";
