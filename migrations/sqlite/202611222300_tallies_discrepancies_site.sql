-- The site that a discrepancy is about: its record's, or the one whose extract had it. NULL: an extract of all sites had it, and no record.
ALTER TABLE discrepancies ADD COLUMN site TEXT;
