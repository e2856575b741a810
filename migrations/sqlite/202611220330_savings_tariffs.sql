-- Versions of tariffs; only where a version stands ever changes. Empty text stands for parts of a key that the component hasn't.
CREATE TABLE tariffs (
    programme TEXT NOT NULL,
    tariff TEXT NOT NULL,
    component TEXT NOT NULL,
    origin TEXT NOT NULL,
    destination TEXT NOT NULL,
    mode TEXT NOT NULL,
    person_class TEXT NOT NULL,
    item TEXT NOT NULL,
    low INTEGER NOT NULL,
    base INTEGER NOT NULL,
    high INTEGER NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    source TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    grade TEXT NOT NULL,
    state TEXT NOT NULL,
    replaces TEXT,
    entered_by TEXT NOT NULL,
    approved_by TEXT,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    CHECK (low >= 0 AND low <= base AND base <= high),
    CHECK (valid_to IS NULL OR valid_to > valid_from),
    PRIMARY KEY (programme, tariff)
) STRICT, WITHOUT ROWID;
CREATE INDEX tariffs_by_key ON tariffs (programme, origin, destination, component, mode, person_class, item);

-- Versions of the policy; `rules` is JSON of what it says.
CREATE TABLE saving_policies (
    programme TEXT NOT NULL,
    policy TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    rules TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    replaces TEXT,
    entered_by TEXT NOT NULL,
    approved_by TEXT,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    CHECK (valid_to IS NULL OR valid_to > valid_from),
    PRIMARY KEY (programme, policy)
) STRICT, WITHOUT ROWID;
CREATE INDEX saving_policies_by_state ON saving_policies (programme, state, valid_from);
