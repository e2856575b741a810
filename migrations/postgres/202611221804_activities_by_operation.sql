-- What has become of an operation at a site.
CREATE INDEX activity_versions_by_operation ON activity_versions (programme, site, main_system, main_procedure)
    WHERE until_sequence IS NULL AND main_procedure IS NOT NULL;
