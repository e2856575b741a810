-- What each expert has set, as JSON of `charters::Limits`, with the word it was recorded with.
CREATE TABLE charters (
    programme TEXT NOT NULL,
    expert TEXT NOT NULL,
    limits TEXT NOT NULL,
    heard_by TEXT,
    medium TEXT,
    heard_time INTEGER,
    words TEXT,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, expert)
) STRICT, WITHOUT ROWID;

-- The sites that a charter names, so that a site isn't deleted under it.
CREATE TABLE charter_sites (
    programme TEXT NOT NULL,
    expert TEXT NOT NULL,
    site TEXT NOT NULL,
    PRIMARY KEY (programme, expert, site),
    FOREIGN KEY (programme, expert) REFERENCES charters (programme, expert)
) STRICT, WITHOUT ROWID;
CREATE INDEX charter_sites_by_site ON charter_sites (programme, site, expert);

-- Every version of a charter; rows are only ever added. `loosened` is a JSON array of fields.
CREATE TABLE charter_versions (
    programme TEXT NOT NULL,
    expert TEXT NOT NULL,
    version INTEGER NOT NULL,
    limits TEXT NOT NULL,
    loosened TEXT NOT NULL,
    heard_by TEXT,
    medium TEXT,
    heard_time INTEGER,
    words TEXT,
    since_sequence INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, expert, version)
) STRICT, WITHOUT ROWID;

-- Each time that somebody of the programme turned to an expert.
CREATE TABLE contacts (
    programme TEXT NOT NULL,
    contact TEXT NOT NULL,
    expert TEXT NOT NULL,
    contact_time INTEGER NOT NULL,
    medium TEXT NOT NULL,
    made_by TEXT NOT NULL,
    note TEXT NOT NULL,
    beyond_charter INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (programme, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_by_expert ON contacts (programme, expert, contact_time, contact);
CREATE INDEX contacts_by_time ON contacts (programme, contact_time, contact);
