-- The places of sessions: one row carries everything that a booking is decided on.
CREATE TABLE registers (
    programme TEXT NOT NULL,
    session TEXT NOT NULL,
    session_state TEXT NOT NULL,
    expert TEXT NOT NULL,
    start_time INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    place_minutes INTEGER NOT NULL,
    open_time INTEGER NOT NULL,
    close_time INTEGER,
    next_place INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    freed TEXT NOT NULL,
    waiting INTEGER NOT NULL,
    next_arrival INTEGER NOT NULL,
    due_time INTEGER,
    job TEXT,
    job_cause TEXT,
    job_time INTEGER,
    job_after TEXT,
    guard INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, session),
    FOREIGN KEY (programme, session) REFERENCES sessions (programme, session),
    CHECK (taken >= 0 AND taken <= capacity + granted)
) STRICT, WITHOUT ROWID;
-- What the sweeper looks for: across programmes, and so not by a key.
CREATE INDEX registers_by_due ON registers (due_time) WHERE due_time IS NOT NULL;

-- Places that experts added, each with the expert's yes; never changed.
CREATE TABLE extra_places (
    programme TEXT NOT NULL,
    session TEXT NOT NULL,
    number INTEGER NOT NULL,
    places INTEGER NOT NULL,
    heard_by TEXT NOT NULL,
    medium TEXT NOT NULL,
    heard_time INTEGER NOT NULL,
    words TEXT NOT NULL,
    record_time INTEGER NOT NULL,
    PRIMARY KEY (programme, session, number),
    FOREIGN KEY (programme, session) REFERENCES registers (programme, session)
) STRICT, WITHOUT ROWID;

-- Patients' places, and who waits for one. "live" is 1 as long as it counts as the patient's one reservation of the session, and NULL
-- after: both engines let any number of NULLs stand in a unique index, so that one index is a belt and finds a patient's history.
-- No foreign key: it would lock the register's row once for every booking of a batch.
CREATE TABLE reservations (
    programme TEXT NOT NULL,
    reservation TEXT NOT NULL,
    session TEXT NOT NULL,
    patient_issuer TEXT NOT NULL,
    patient_token TEXT NOT NULL,
    live INTEGER,
    state TEXT NOT NULL,
    place INTEGER,
    arrival INTEGER,
    lapse_time INTEGER,
    affected TEXT,
    affected_time INTEGER,
    cancelled_by TEXT,
    activity TEXT,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, reservation)
) STRICT;
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
    programme TEXT NOT NULL PRIMARY KEY,
    waitlist TEXT NOT NULL,
    offer_minutes INTEGER NOT NULL,
    records_consultations INTEGER NOT NULL,
    on_cancel TEXT NOT NULL,
    on_move TEXT NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
