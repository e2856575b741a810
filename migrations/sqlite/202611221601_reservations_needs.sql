-- Patients who wait for an expert or a specialty before any session is planned. "wanted" is the one or the other as a key; "rank" orders by
-- urgency, the most urgent first; "live" is 1 as long as the need is open, and NULL after (see reservations).
CREATE TABLE needs (
    programme TEXT NOT NULL,
    need TEXT NOT NULL,
    wanted TEXT NOT NULL,
    expert TEXT,
    specialty TEXT,
    urgency TEXT NOT NULL,
    rank INTEGER NOT NULL,
    patient_issuer TEXT NOT NULL,
    patient_token TEXT NOT NULL,
    live INTEGER,
    state TEXT NOT NULL,
    reservation TEXT,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, need)
) STRICT;
-- A patient waits once for the same; a patient's needs.
CREATE UNIQUE INDEX needs_by_patient ON needs (programme, patient_token, patient_issuer, wanted, live);
-- Who is next.
CREATE INDEX needs_open ON needs (programme, wanted, rank, create_time, need) WHERE state = 'OPEN';
