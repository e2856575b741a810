-- What stood on a day at an earlier sequence number: few rows, only versions that were replaced.
CREATE INDEX activity_versions_replaced ON activity_versions (programme, date, activity) WHERE until_sequence IS NOT NULL;
