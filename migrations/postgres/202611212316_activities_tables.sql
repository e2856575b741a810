-- Versions are only ever added; what changes in one is `until_sequence`, once, when a later version takes its place.
CREATE TABLE activity_versions (
    programme TEXT COLLATE "C" NOT NULL,
    activity TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL CHECK (revision >= 1),
    since_sequence BIGINT NOT NULL,
    until_sequence BIGINT CHECK (until_sequence > since_sequence),
    state TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C",
    session_kind TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    site_level TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    half_day TEXT COLLATE "C",
    lead_expert TEXT COLLATE "C",
    home_hospital TEXT COLLATE "C",
    specialty TEXT COLLATE "C" NOT NULL,
    residence TEXT COLLATE "C" NOT NULL,
    patient_issuer TEXT COLLATE "C",
    patient_token TEXT COLLATE "C",
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    performer TEXT COLLATE "C",
    grade BIGINT CHECK (grade BETWEEN 1 AND 4),
    grade_list TEXT COLLATE "C",
    procedures TEXT COLLATE "C" NOT NULL,
    co_experts TEXT COLLATE "C" NOT NULL,
    declared_saving_fen BIGINT,
    irregularities TEXT COLLATE "C" NOT NULL,
    void_reason TEXT COLLATE "C",
    recorder TEXT COLLATE "C" NOT NULL,
    batch_row BIGINT,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, activity, revision)
);
CREATE INDEX activity_versions_by_date ON activity_versions (programme, date, activity) WHERE until_sequence IS NULL;
CREATE INDEX activity_versions_by_site ON activity_versions (programme, site, date, activity) WHERE until_sequence IS NULL;
CREATE INDEX activity_versions_by_expert ON activity_versions (programme, lead_expert, date, activity) WHERE until_sequence IS NULL;
CREATE INDEX activity_versions_by_session ON activity_versions (programme, session, date, activity)
    WHERE until_sequence IS NULL AND session IS NOT NULL;
CREATE INDEX activity_versions_by_patient ON activity_versions (programme, patient_issuer, patient_token)
    WHERE until_sequence IS NULL AND patient_token IS NOT NULL;

-- Which activities an expert took part in without leading them; of current versions alone.
CREATE TABLE activity_co_experts (
    programme TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    activity TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, expert, activity)
);
CREATE INDEX activity_co_experts_by_activity ON activity_co_experts (programme, activity);
