-- The places of sessions: one row carries everything that a booking is decided on.
CREATE TABLE registers (
    programme TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    session_state TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    place_minutes BIGINT NOT NULL,
    open_time BIGINT NOT NULL,
    close_time BIGINT,
    next_place BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    freed TEXT COLLATE "C" NOT NULL,
    waiting BIGINT NOT NULL,
    next_arrival BIGINT NOT NULL,
    due_time BIGINT,
    job TEXT COLLATE "C",
    job_cause TEXT COLLATE "C",
    job_time BIGINT,
    job_after TEXT COLLATE "C",
    guard BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, session),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session),
    CHECK (taken >= 0 AND taken <= capacity + granted)
);
-- What the sweeper looks for: across programmes, and so not by a key.
CREATE INDEX registers_by_due ON registers (due_time) WHERE due_time IS NOT NULL;

-- Places that experts added, each with the expert's yes; never changed.
CREATE TABLE extra_places (
    programme TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    places BIGINT NOT NULL,
    heard_by TEXT COLLATE "C" NOT NULL,
    medium TEXT COLLATE "C" NOT NULL,
    heard_time BIGINT NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    record_time BIGINT NOT NULL,
    PRIMARY KEY (programme, session, number),
    FOREIGN KEY (programme, session) REFERENCES registers (programme, session)
);

-- Patients' places, and who waits for one. "live" is 1 as long as it counts as the patient's one reservation of the session, and NULL
-- after: both engines let any number of NULLs stand in a unique index, so that one index is a belt and finds a patient's history.
-- No foreign key: it would lock the register's row once for every booking of a batch.
CREATE TABLE reservations (
    programme TEXT COLLATE "C" NOT NULL,
    reservation TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    patient_issuer TEXT COLLATE "C" NOT NULL,
    patient_token TEXT COLLATE "C" NOT NULL,
    live BIGINT,
    state TEXT COLLATE "C" NOT NULL,
    place BIGINT,
    arrival BIGINT,
    lapse_time BIGINT,
    affected TEXT COLLATE "C",
    affected_time BIGINT,
    cancelled_by TEXT COLLATE "C",
    activity TEXT COLLATE "C",
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, reservation)
);
-- One patient has one reservation of a session; a patient's reservations.
CREATE UNIQUE INDEX reservations_by_patient ON reservations (programme, patient_token, patient_issuer, session, live);
-- One number is one patient's; a session's reservations.
CREATE UNIQUE INDEX reservations_by_place ON reservations (programme, session, place, live);
-- The queue.
CREATE INDEX reservations_waiting ON reservations (programme, session, arrival) WHERE state = 'WAITING';
-- What lapses.
CREATE INDEX reservations_by_lapse ON reservations (programme, session, lapse_time) WHERE lapse_time IS NOT NULL;
-- Whose patients have to be told.
CREATE INDEX reservations_affected ON reservations (programme, affected_time) WHERE affected_time IS NOT NULL;

-- How a programme treats reservations, where it has said so.
CREATE TABLE reservation_policies (
    programme TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    waitlist TEXT COLLATE "C" NOT NULL,
    offer_minutes BIGINT NOT NULL,
    records_consultations BOOLEAN NOT NULL,
    on_cancel TEXT COLLATE "C" NOT NULL,
    on_move TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL
);
