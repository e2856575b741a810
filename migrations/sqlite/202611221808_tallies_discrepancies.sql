-- What doesn't agree between hospitals' extracts and the records, and what somebody who looked said.
CREATE TABLE discrepancies (
    programme TEXT NOT NULL,
    discrepancy TEXT NOT NULL,
    system TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    activity TEXT,
    fields TEXT NOT NULL,
    date TEXT NOT NULL,
    state TEXT NOT NULL,
    resolution TEXT,
    note TEXT NOT NULL,
    resolver TEXT NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, discrepancy),
    CHECK ((state = 'RESOLVED') = (resolution IS NOT NULL))
) STRICT;
CREATE INDEX discrepancies_by_state ON discrepancies (programme, state, discrepancy);
CREATE INDEX discrepancies_by_system ON discrepancies (programme, state, system, date);
