-- Recomputations of savings: where each stands, and as reported against restated. `figures` is JSON by measure.
CREATE TABLE recomputations (
    programme TEXT COLLATE "C" NOT NULL,
    recomputation TEXT COLLATE "C" NOT NULL,
    from_date TEXT COLLATE "C" NOT NULL,
    to_date TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    done_date TEXT COLLATE "C" NOT NULL,
    done_trip TEXT COLLATE "C" NOT NULL,
    examined BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    gaps BIGINT NOT NULL,
    figures TEXT COLLATE "C" NOT NULL,
    recorder TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, recomputation)
);
CREATE INDEX recomputations_running ON recomputations (state, create_time) WHERE state = 'RUNNING';
