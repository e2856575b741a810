-- Who issued the token of whom a discrepancy without a record is for. NULL: it has a record, or the extract doesn't say.
ALTER TABLE discrepancies ADD COLUMN patient_issuer TEXT COLLATE "C";
