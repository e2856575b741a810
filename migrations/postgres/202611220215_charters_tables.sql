-- What each expert has set, as JSON of `charters::Limits`, with the word it was recorded with.
CREATE TABLE charters (
    programme TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    limits TEXT COLLATE "C" NOT NULL,
    heard_by TEXT COLLATE "C",
    medium TEXT COLLATE "C",
    heard_time BIGINT,
    words TEXT COLLATE "C",
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, expert)
);

-- The sites that a charter names, so that a site isn't deleted under it.
CREATE TABLE charter_sites (
    programme TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, expert, site),
    FOREIGN KEY (programme, expert) REFERENCES charters (programme, expert)
);
CREATE INDEX charter_sites_by_site ON charter_sites (programme, site, expert);

-- Every version of a charter; rows are only ever added. `loosened` is a JSON array of fields.
CREATE TABLE charter_versions (
    programme TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    limits TEXT COLLATE "C" NOT NULL,
    loosened TEXT COLLATE "C" NOT NULL,
    heard_by TEXT COLLATE "C",
    medium TEXT COLLATE "C",
    heard_time BIGINT,
    words TEXT COLLATE "C",
    since_sequence BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, expert, version)
);

-- Each time that somebody of the programme turned to an expert.
CREATE TABLE contacts (
    programme TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    contact_time BIGINT NOT NULL,
    medium TEXT COLLATE "C" NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    beyond_charter BOOLEAN NOT NULL,
    create_time BIGINT NOT NULL,
    PRIMARY KEY (programme, contact)
);
CREATE INDEX contacts_by_expert ON contacts (programme, expert, contact_time, contact);
CREATE INDEX contacts_by_time ON contacts (programme, contact_time, contact);
