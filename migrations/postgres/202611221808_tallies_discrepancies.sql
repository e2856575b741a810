-- What doesn't agree between hospitals' extracts and the records, and what somebody who looked said.
CREATE TABLE discrepancies (
    programme TEXT COLLATE "C" NOT NULL,
    discrepancy TEXT COLLATE "C" NOT NULL,
    system TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    activity TEXT COLLATE "C",
    fields TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    resolution TEXT COLLATE "C",
    note TEXT COLLATE "C" NOT NULL,
    resolver TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, discrepancy),
    CHECK ((state = 'RESOLVED') = (resolution IS NOT NULL))
);
CREATE INDEX discrepancies_by_state ON discrepancies (programme, state, discrepancy);
CREATE INDEX discrepancies_by_system ON discrepancies (programme, state, system, date);
