-- Statements of closed periods, and their restatements in order. Never changed.
CREATE TABLE statements (
    programme TEXT NOT NULL,
    statement TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL,
    ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
    sequence INTEGER NOT NULL,
    content TEXT NOT NULL,
    closer TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (programme, statement),
    CHECK (to_date >= from_date)
) STRICT;
-- A period is closed once, and restated in a row.
CREATE UNIQUE INDEX statements_by_period ON statements (programme, from_date, to_date, ordinal);
