-- Whether a hospital is named by a visit, however its experts' affiliations were corrected since.
CREATE INDEX visits_by_hospital ON visits (programme, home_hospital, visit);
