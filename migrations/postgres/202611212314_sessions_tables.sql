-- Sessions, what became of them, and the trips around them. The extension serves the exclusion constraint of occupancy.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE sessions (
    programme TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    room TEXT COLLATE "C",
    expert TEXT COLLATE "C" NOT NULL,
    accompanying BIGINT NOT NULL,
    assistant TEXT COLLATE "C",
    specialty TEXT COLLATE "C",
    capacity BIGINT NOT NULL CHECK (capacity >= 0),
    before_minutes BIGINT NOT NULL,
    after_minutes BIGINT NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT NOT NULL,
    responsible_before TEXT COLLATE "C",
    responsible_after TEXT COLLATE "C",
    recorded BOOLEAN NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    half_day TEXT COLLATE "C" NOT NULL,
    actual_start_time BIGINT,
    actual_end_time BIGINT,
    early_end_cause TEXT COLLATE "C",
    credited_expert TEXT COLLATE "C",
    cancel_party TEXT COLLATE "C",
    cancel_code TEXT COLLATE "C",
    not_held_cause TEXT COLLATE "C",
    irregularities TEXT COLLATE "C" NOT NULL,
    site_level TEXT COLLATE "C" NOT NULL,
    home_hospital TEXT COLLATE "C",
    service_specialty TEXT COLLATE "C" NOT NULL,
    outcome_version BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, session),
    CHECK (end_time > start_time)
);
CREATE INDEX sessions_by_start ON sessions (programme, start_time, session);
CREATE INDEX sessions_by_expert ON sessions (programme, expert, start_time, session);
CREATE INDEX sessions_by_site ON sessions (programme, site, start_time, session);
CREATE INDEX sessions_by_assistant ON sessions (programme, assistant, start_time, session);
CREATE INDEX sessions_by_state ON sessions (programme, state, start_time, session);
CREATE INDEX sessions_by_home_hospital ON sessions (programme, home_hospital, session);
CREATE INDEX sessions_by_sitting ON sessions (programme, credited_expert, date, site);

-- Experts beside the leading one; start_time is the session's, so that an expert's are found by time.
CREATE TABLE session_co_experts (
    programme TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    start_time BIGINT NOT NULL,
    PRIMARY KEY (programme, session, expert),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session)
);
CREATE INDEX session_co_experts_by_expert ON session_co_experts (programme, expert, start_time, session);

-- The recorded consents that a session rests on, each of one of its experts; never changed.
CREATE TABLE session_consents (
    programme TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    heard_by TEXT COLLATE "C" NOT NULL,
    medium TEXT COLLATE "C" NOT NULL,
    heard_time BIGINT NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    record_time BIGINT NOT NULL,
    PRIMARY KEY (programme, session, number),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session)
);

-- What became of sessions, in versions; a version is closed when the next one is written, never changed otherwise.
CREATE TABLE session_outcomes (
    programme TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    half_day TEXT COLLATE "C" NOT NULL,
    actual_start_time BIGINT,
    actual_end_time BIGINT,
    early_end_cause TEXT COLLATE "C",
    credited_expert TEXT COLLATE "C",
    site_level TEXT COLLATE "C" NOT NULL,
    home_hospital TEXT COLLATE "C",
    specialty TEXT COLLATE "C" NOT NULL,
    not_held_cause TEXT COLLATE "C",
    note TEXT COLLATE "C" NOT NULL,
    since_sequence BIGINT NOT NULL,
    until_sequence BIGINT,
    PRIMARY KEY (programme, session, version),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session)
);
CREATE INDEX session_outcomes_by_credit ON session_outcomes (programme, credited_expert, date, session);

-- Who and what is taken by plans, buffers and turnover counted. A row goes when its session is cancelled or over.
CREATE TABLE occupancy (
    programme TEXT COLLATE "C" NOT NULL,
    resource TEXT COLLATE "C" NOT NULL,
    busy_from BIGINT NOT NULL,
    busy_until BIGINT NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    lapses BIGINT,
    PRIMARY KEY (programme, resource, busy_from),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session),
    CHECK (busy_until > busy_from),
    -- The belt behind the command's own guard: rows of a resource never overlap.
    EXCLUDE USING gist (programme WITH =, resource WITH =, int8range(busy_from, busy_until) WITH &&)
);
CREATE INDEX occupancy_by_session ON occupancy (programme, session);

-- One expert's trips.
CREATE TABLE visits (
    programme TEXT COLLATE "C" NOT NULL,
    visit TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    host_site TEXT COLLATE "C" NOT NULL,
    arrival_time BIGINT NOT NULL,
    departure_time BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    site_level TEXT COLLATE "C" NOT NULL,
    home_hospital TEXT COLLATE "C",
    specialty TEXT COLLATE "C",
    ended_sequence BIGINT,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, visit),
    CHECK (departure_time > arrival_time)
);
CREATE INDEX visits_by_arrival ON visits (programme, arrival_time, visit);
CREATE INDEX visits_by_expert ON visits (programme, expert, arrival_time, visit);
CREATE INDEX visits_by_site ON visits (programme, host_site, arrival_time, visit);

-- Which sessions a visit names.
CREATE TABLE visit_sessions (
    programme TEXT COLLATE "C" NOT NULL,
    visit TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, visit, session),
    FOREIGN KEY (programme, visit) REFERENCES visits (programme, visit),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session)
);
CREATE INDEX visit_sessions_by_session ON visit_sessions (programme, session);
