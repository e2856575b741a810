-- Versions of tariffs; only where a version stands ever changes. Empty text stands for parts of a key that the component hasn't.
CREATE TABLE tariffs (
    programme TEXT COLLATE "C" NOT NULL,
    tariff TEXT COLLATE "C" NOT NULL,
    component TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    mode TEXT COLLATE "C" NOT NULL,
    person_class TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    low BIGINT NOT NULL,
    base BIGINT NOT NULL,
    high BIGINT NOT NULL,
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_to TEXT COLLATE "C",
    source TEXT COLLATE "C" NOT NULL,
    source_hash TEXT COLLATE "C" NOT NULL,
    grade TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    replaces TEXT COLLATE "C",
    entered_by TEXT COLLATE "C" NOT NULL,
    approved_by TEXT COLLATE "C",
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    CHECK (low >= 0 AND low <= base AND base <= high),
    CHECK (valid_to IS NULL OR valid_to > valid_from),
    PRIMARY KEY (programme, tariff)
);
CREATE INDEX tariffs_by_key ON tariffs (programme, origin, destination, component, mode, person_class, item);

-- Versions of the policy; `rules` is JSON of what it says.
CREATE TABLE saving_policies (
    programme TEXT COLLATE "C" NOT NULL,
    policy TEXT COLLATE "C" NOT NULL,
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_to TEXT COLLATE "C",
    rules TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    replaces TEXT COLLATE "C",
    entered_by TEXT COLLATE "C" NOT NULL,
    approved_by TEXT COLLATE "C",
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    CHECK (valid_to IS NULL OR valid_to > valid_from),
    PRIMARY KEY (programme, policy)
);
CREATE INDEX saving_policies_by_state ON saving_policies (programme, state, valid_from);
