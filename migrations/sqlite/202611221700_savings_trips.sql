-- Versions of avoided trips with what they saved; only ever added. What changes in one is `until_sequence`, once. Amounts are whole fen of
-- the base case, NULL where not known; `parts` is JSON of all cases, classes and reasons, `basis` of what they are reckoned from.
CREATE TABLE trip_versions (
    programme TEXT NOT NULL,
    trip TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    since_sequence INTEGER NOT NULL,
    until_sequence INTEGER CHECK (until_sequence > since_sequence),
    state TEXT NOT NULL,
    cause TEXT NOT NULL,
    void_reason TEXT,
    patient_issuer TEXT NOT NULL,
    patient_token TEXT NOT NULL,
    activities TEXT NOT NULL,
    session TEXT,
    encounter TEXT,
    date TEXT NOT NULL,
    half_day TEXT,
    site TEXT NOT NULL,
    site_level TEXT NOT NULL,
    expert TEXT,
    home_hospital TEXT,
    specialty TEXT NOT NULL,
    session_kind TEXT NOT NULL,
    residence TEXT NOT NULL,
    origin TEXT NOT NULL,
    destination TEXT NOT NULL,
    basis TEXT NOT NULL,
    policy TEXT NOT NULL,
    tariffs TEXT NOT NULL,
    stratum TEXT NOT NULL,
    parts TEXT NOT NULL,
    travel_fen INTEGER,
    lodging_fen INTEGER,
    meals_fen INTEGER,
    bill_fen INTEGER,
    time_fen INTEGER,
    fund_fen INTEGER,
    recorder TEXT NOT NULL,
    batch_row INTEGER,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, trip, revision)
) STRICT;
CREATE INDEX trip_versions_by_date ON trip_versions (programme, date, trip) WHERE until_sequence IS NULL;
CREATE INDEX trip_versions_by_patient ON trip_versions (programme, patient_issuer, patient_token) WHERE until_sequence IS NULL;
CREATE INDEX trip_versions_by_session ON trip_versions (programme, session) WHERE until_sequence IS NULL AND session IS NOT NULL;

-- Which trip an activity is on; of standing trips alone.
CREATE TABLE trip_activities (
    programme TEXT NOT NULL,
    activity TEXT NOT NULL,
    trip TEXT NOT NULL,
    PRIMARY KEY (programme, activity)
) STRICT, WITHOUT ROWID;
CREATE INDEX trip_activities_by_trip ON trip_activities (programme, trip);

-- Bills as hospitals settled them; `bill` is JSON of the parts.
CREATE TABLE encounters (
    programme TEXT NOT NULL,
    encounter TEXT NOT NULL,
    trip TEXT NOT NULL,
    number_system TEXT NOT NULL,
    number_value TEXT NOT NULL,
    bill TEXT NOT NULL,
    state TEXT NOT NULL,
    void_reason TEXT,
    recorder TEXT NOT NULL,
    batch_row INTEGER,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, encounter)
) STRICT, WITHOUT ROWID;
CREATE INDEX encounters_by_trip ON encounters (programme, trip);
