-- Whether a hospital is named by what was done, however its experts' affiliations were corrected since.
CREATE INDEX activity_versions_by_hospital ON activity_versions (programme, home_hospital, activity) WHERE home_hospital IS NOT NULL;
