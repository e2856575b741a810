-- Figures from before records began. Never changed, only voided.
CREATE TABLE opening_balances (
    programme TEXT NOT NULL,
    opening_balance TEXT NOT NULL,
    measure TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    as_of_date TEXT NOT NULL,
    document TEXT NOT NULL,
    declared_by TEXT NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, opening_balance)
) STRICT, WITHOUT ROWID;
-- Two figures for one measure would be added to nothing: one stands, the other is voided first.
CREATE UNIQUE INDEX opening_balances_standing ON opening_balances (programme, measure) WHERE state = 'DECLARED';

-- The days at the ends of a period are recounted from what was held on them.
CREATE INDEX sessions_by_date ON sessions (programme, date);
