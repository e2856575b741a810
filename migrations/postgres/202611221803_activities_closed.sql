-- As of a sequence: versions that were closed since.
CREATE INDEX activity_versions_closed ON activity_versions (programme, until_sequence) WHERE until_sequence IS NOT NULL;
