-- Versions are only ever added; what changes in one is `until_sequence`, once, when a later version takes its place.
CREATE TABLE activity_versions (
    programme TEXT NOT NULL,
    activity TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    since_sequence INTEGER NOT NULL,
    until_sequence INTEGER CHECK (until_sequence > since_sequence),
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    session TEXT,
    session_kind TEXT NOT NULL,
    site TEXT NOT NULL,
    site_level TEXT NOT NULL,
    date TEXT NOT NULL,
    half_day TEXT,
    lead_expert TEXT,
    home_hospital TEXT,
    specialty TEXT NOT NULL,
    residence TEXT NOT NULL,
    patient_issuer TEXT,
    patient_token TEXT,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    performer TEXT,
    grade INTEGER CHECK (grade BETWEEN 1 AND 4),
    grade_list TEXT,
    procedures TEXT NOT NULL,
    co_experts TEXT NOT NULL,
    declared_saving_fen INTEGER,
    irregularities TEXT NOT NULL,
    void_reason TEXT,
    recorder TEXT NOT NULL,
    batch_row INTEGER,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, activity, revision)
) STRICT;
CREATE INDEX activity_versions_by_date ON activity_versions (programme, date, activity) WHERE until_sequence IS NULL;
CREATE INDEX activity_versions_by_site ON activity_versions (programme, site, date, activity) WHERE until_sequence IS NULL;
CREATE INDEX activity_versions_by_expert ON activity_versions (programme, lead_expert, date, activity) WHERE until_sequence IS NULL;
CREATE INDEX activity_versions_by_session ON activity_versions (programme, session, date, activity)
    WHERE until_sequence IS NULL AND session IS NOT NULL;
CREATE INDEX activity_versions_by_patient ON activity_versions (programme, patient_issuer, patient_token)
    WHERE until_sequence IS NULL AND patient_token IS NOT NULL;

-- Which activities an expert took part in without leading them; of current versions alone.
CREATE TABLE activity_co_experts (
    programme TEXT NOT NULL,
    expert TEXT NOT NULL,
    activity TEXT NOT NULL,
    PRIMARY KEY (programme, expert, activity)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_co_experts_by_activity ON activity_co_experts (programme, activity);
