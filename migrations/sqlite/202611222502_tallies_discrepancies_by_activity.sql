-- Which discrepancies are about a record: a restriction of its patient seals the hospital's number in them.
CREATE INDEX discrepancies_by_activity ON discrepancies (programme, activity) WHERE activity IS NOT NULL;
