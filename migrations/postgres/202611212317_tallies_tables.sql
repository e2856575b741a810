-- Figures from before records began. Never changed, only voided.
CREATE TABLE opening_balances (
    programme TEXT COLLATE "C" NOT NULL,
    opening_balance TEXT COLLATE "C" NOT NULL,
    measure TEXT COLLATE "C" NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    as_of_date TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    declared_by TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL CHECK (revision >= 1),
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, opening_balance)
);
-- Two figures for one measure would be added to nothing: one stands, the other is voided first.
CREATE UNIQUE INDEX opening_balances_standing ON opening_balances (programme, measure) WHERE state = 'DECLARED';

-- The days at the ends of a period are recounted from what was held on them.
CREATE INDEX sessions_by_date ON sessions (programme, date);
