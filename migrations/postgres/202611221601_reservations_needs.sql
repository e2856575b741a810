-- Patients who wait for an expert or a specialty before any session is planned. "wanted" is the one or the other as a key; "rank" orders by
-- urgency, the most urgent first; "live" is 1 as long as the need is open, and NULL after (see reservations).
CREATE TABLE needs (
    programme TEXT COLLATE "C" NOT NULL,
    need TEXT COLLATE "C" NOT NULL,
    wanted TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C",
    specialty TEXT COLLATE "C",
    urgency TEXT COLLATE "C" NOT NULL,
    rank BIGINT NOT NULL,
    patient_issuer TEXT COLLATE "C" NOT NULL,
    patient_token TEXT COLLATE "C" NOT NULL,
    live BIGINT,
    state TEXT COLLATE "C" NOT NULL,
    reservation TEXT COLLATE "C",
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, need)
);
-- A patient waits once for the same; a patient's needs.
CREATE UNIQUE INDEX needs_by_patient ON needs (programme, patient_token, patient_issuer, wanted, live);
-- Who is next.
CREATE INDEX needs_open ON needs (programme, wanted, rank, create_time, need) WHERE state = 'OPEN';
