-- Sessions, what became of them, and the trips around them.
CREATE TABLE sessions (
    programme TEXT NOT NULL,
    session TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    site TEXT NOT NULL,
    room TEXT,
    expert TEXT NOT NULL,
    accompanying INTEGER NOT NULL,
    assistant TEXT,
    specialty TEXT,
    capacity INTEGER NOT NULL CHECK (capacity >= 0),
    before_minutes INTEGER NOT NULL,
    after_minutes INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    responsible_before TEXT,
    responsible_after TEXT,
    recorded INTEGER NOT NULL,
    zone TEXT NOT NULL,
    date TEXT NOT NULL,
    half_day TEXT NOT NULL,
    actual_start_time INTEGER,
    actual_end_time INTEGER,
    early_end_cause TEXT,
    credited_expert TEXT,
    cancel_party TEXT,
    cancel_code TEXT,
    not_held_cause TEXT,
    irregularities TEXT NOT NULL,
    site_level TEXT NOT NULL,
    home_hospital TEXT,
    service_specialty TEXT NOT NULL,
    outcome_version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, session),
    CHECK (end_time > start_time)
) STRICT;
CREATE INDEX sessions_by_start ON sessions (programme, start_time, session);
CREATE INDEX sessions_by_expert ON sessions (programme, expert, start_time, session);
CREATE INDEX sessions_by_site ON sessions (programme, site, start_time, session);
CREATE INDEX sessions_by_assistant ON sessions (programme, assistant, start_time, session);
CREATE INDEX sessions_by_state ON sessions (programme, state, start_time, session);
CREATE INDEX sessions_by_home_hospital ON sessions (programme, home_hospital, session);
CREATE INDEX sessions_by_sitting ON sessions (programme, credited_expert, date, site);

-- Experts beside the leading one; start_time is the session's, so that an expert's are found by time.
CREATE TABLE session_co_experts (
    programme TEXT NOT NULL,
    session TEXT NOT NULL,
    expert TEXT NOT NULL,
    start_time INTEGER NOT NULL,
    PRIMARY KEY (programme, session, expert),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_co_experts_by_expert ON session_co_experts (programme, expert, start_time, session);

-- The recorded consents that a session rests on, each of one of its experts; never changed.
CREATE TABLE session_consents (
    programme TEXT NOT NULL,
    session TEXT NOT NULL,
    number INTEGER NOT NULL,
    expert TEXT NOT NULL,
    heard_by TEXT NOT NULL,
    medium TEXT NOT NULL,
    heard_time INTEGER NOT NULL,
    words TEXT NOT NULL,
    record_time INTEGER NOT NULL,
    PRIMARY KEY (programme, session, number),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session)
) STRICT, WITHOUT ROWID;

-- What became of sessions, in versions; a version is closed when the next one is written, never changed otherwise.
CREATE TABLE session_outcomes (
    programme TEXT NOT NULL,
    session TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    date TEXT NOT NULL,
    half_day TEXT NOT NULL,
    actual_start_time INTEGER,
    actual_end_time INTEGER,
    early_end_cause TEXT,
    credited_expert TEXT,
    site_level TEXT NOT NULL,
    home_hospital TEXT,
    specialty TEXT NOT NULL,
    not_held_cause TEXT,
    note TEXT NOT NULL,
    since_sequence INTEGER NOT NULL,
    until_sequence INTEGER,
    PRIMARY KEY (programme, session, version),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_outcomes_by_credit ON session_outcomes (programme, credited_expert, date, session);

-- Who and what is taken by plans, buffers and turnover counted. A row goes when its session is cancelled or over.
CREATE TABLE occupancy (
    programme TEXT NOT NULL,
    resource TEXT NOT NULL,
    busy_from INTEGER NOT NULL,
    busy_until INTEGER NOT NULL,
    session TEXT NOT NULL,
    lapses INTEGER,
    PRIMARY KEY (programme, resource, busy_from),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session),
    CHECK (busy_until > busy_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX occupancy_by_session ON occupancy (programme, session);

-- The belt behind the command's own guard: rows of a resource never overlap. Rows that are there don't overlap each other,
-- so the one neighbour before tells (3.5 us and flat); PostgreSQL has an exclusion constraint instead.
CREATE TRIGGER occupancy_belt BEFORE INSERT ON occupancy
WHEN (SELECT o.busy_until FROM occupancy o
      WHERE o.programme = NEW.programme AND o.resource = NEW.resource AND o.busy_from < NEW.busy_until
      ORDER BY o.busy_from DESC LIMIT 1) > NEW.busy_from
BEGIN
    SELECT RAISE(ABORT, 'occupied');
END;

-- One expert's trips.
CREATE TABLE visits (
    programme TEXT NOT NULL,
    visit TEXT NOT NULL,
    expert TEXT NOT NULL,
    host_site TEXT NOT NULL,
    arrival_time INTEGER NOT NULL,
    departure_time INTEGER NOT NULL,
    state TEXT NOT NULL,
    zone TEXT NOT NULL,
    date TEXT NOT NULL,
    site_level TEXT NOT NULL,
    home_hospital TEXT,
    specialty TEXT,
    ended_sequence INTEGER,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, visit),
    CHECK (departure_time > arrival_time)
) STRICT;
CREATE INDEX visits_by_arrival ON visits (programme, arrival_time, visit);
CREATE INDEX visits_by_expert ON visits (programme, expert, arrival_time, visit);
CREATE INDEX visits_by_site ON visits (programme, host_site, arrival_time, visit);

-- Which sessions a visit names.
CREATE TABLE visit_sessions (
    programme TEXT NOT NULL,
    visit TEXT NOT NULL,
    session TEXT NOT NULL,
    PRIMARY KEY (programme, visit, session),
    FOREIGN KEY (programme, visit) REFERENCES visits (programme, visit),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_sessions_by_session ON visit_sessions (programme, session);
