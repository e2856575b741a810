-- What an assistant has learned.
CREATE INDEX activity_versions_by_assistant ON activity_versions (programme, assistant, date)
    WHERE until_sequence IS NULL AND assistant IS NOT NULL;
