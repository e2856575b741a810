-- Statements of closed periods, and their restatements in order. Never changed.
CREATE TABLE statements (
    programme TEXT COLLATE "C" NOT NULL,
    statement TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    from_date TEXT COLLATE "C" NOT NULL,
    to_date TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL CHECK (ordinal >= 0),
    sequence BIGINT NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    closer TEXT COLLATE "C" NOT NULL,
    create_time BIGINT NOT NULL,
    PRIMARY KEY (programme, statement),
    CHECK (to_date >= from_date)
);
-- A period is closed once, and restated in a row.
CREATE UNIQUE INDEX statements_by_period ON statements (programme, from_date, to_date, ordinal);
