-- Recomputations of savings: where each stands, and as reported against restated. `figures` is JSON by measure.
CREATE TABLE recomputations (
    programme TEXT NOT NULL,
    recomputation TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL,
    done_date TEXT NOT NULL,
    done_trip TEXT NOT NULL,
    examined INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    gaps INTEGER NOT NULL,
    figures TEXT NOT NULL,
    recorder TEXT NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, recomputation)
) STRICT, WITHOUT ROWID;
CREATE INDEX recomputations_running ON recomputations (state, create_time) WHERE state = 'RUNNING';
