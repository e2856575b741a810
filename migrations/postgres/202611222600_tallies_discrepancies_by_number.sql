-- Which discrepancies are about a hospital's number: one that was missing here names no record, and is sealed by its number.
CREATE INDEX discrepancies_by_number ON discrepancies (programme, system, value);
