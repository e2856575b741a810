-- Which trips stood on a day at an earlier sequence number.
CREATE INDEX trip_versions_replaced ON trip_versions (programme, date, trip) WHERE until_sequence IS NOT NULL;
