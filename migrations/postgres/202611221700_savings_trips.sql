-- Versions of avoided trips with what they saved; only ever added. What changes in one is `until_sequence`, once. Amounts are whole fen of
-- the base case, NULL where not known; `parts` is JSON of all cases, classes and reasons, `basis` of what they are reckoned from.
CREATE TABLE trip_versions (
    programme TEXT COLLATE "C" NOT NULL,
    trip TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL CHECK (revision >= 1),
    since_sequence BIGINT NOT NULL,
    until_sequence BIGINT CHECK (until_sequence > since_sequence),
    state TEXT COLLATE "C" NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    void_reason TEXT COLLATE "C",
    patient_issuer TEXT COLLATE "C" NOT NULL,
    patient_token TEXT COLLATE "C" NOT NULL,
    activities TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C",
    encounter TEXT COLLATE "C",
    date TEXT COLLATE "C" NOT NULL,
    half_day TEXT COLLATE "C",
    site TEXT COLLATE "C" NOT NULL,
    site_level TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C",
    home_hospital TEXT COLLATE "C",
    specialty TEXT COLLATE "C" NOT NULL,
    session_kind TEXT COLLATE "C" NOT NULL,
    residence TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    basis TEXT COLLATE "C" NOT NULL,
    policy TEXT COLLATE "C" NOT NULL,
    tariffs TEXT COLLATE "C" NOT NULL,
    stratum TEXT COLLATE "C" NOT NULL,
    parts TEXT COLLATE "C" NOT NULL,
    travel_fen BIGINT,
    lodging_fen BIGINT,
    meals_fen BIGINT,
    bill_fen BIGINT,
    time_fen BIGINT,
    fund_fen BIGINT,
    recorder TEXT COLLATE "C" NOT NULL,
    batch_row BIGINT,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, trip, revision)
);
CREATE INDEX trip_versions_by_date ON trip_versions (programme, date, trip) WHERE until_sequence IS NULL;
CREATE INDEX trip_versions_by_patient ON trip_versions (programme, patient_issuer, patient_token) WHERE until_sequence IS NULL;
CREATE INDEX trip_versions_by_session ON trip_versions (programme, session) WHERE until_sequence IS NULL AND session IS NOT NULL;

-- Which trip an activity is on; of standing trips alone.
CREATE TABLE trip_activities (
    programme TEXT COLLATE "C" NOT NULL,
    activity TEXT COLLATE "C" NOT NULL,
    trip TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, activity)
);
CREATE INDEX trip_activities_by_trip ON trip_activities (programme, trip);

-- Bills as hospitals settled them; `bill` is JSON of the parts.
CREATE TABLE encounters (
    programme TEXT COLLATE "C" NOT NULL,
    encounter TEXT COLLATE "C" NOT NULL,
    trip TEXT COLLATE "C" NOT NULL,
    number_system TEXT COLLATE "C" NOT NULL,
    number_value TEXT COLLATE "C" NOT NULL,
    bill TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    void_reason TEXT COLLATE "C",
    recorder TEXT COLLATE "C" NOT NULL,
    batch_row BIGINT,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, encounter)
);
CREATE INDEX encounters_by_trip ON encounters (programme, trip);
