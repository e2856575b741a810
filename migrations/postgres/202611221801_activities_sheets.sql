-- Sheets: which session, or which days at a site, another person than the recorder has attested. Never changed.
CREATE TABLE sheets (
    programme TEXT COLLATE "C" NOT NULL,
    sheet TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C",
    site TEXT COLLATE "C",
    from_date TEXT COLLATE "C",
    to_date TEXT COLLATE "C",
    attested BIGINT NOT NULL CHECK (attested >= 0),
    operations BIGINT NOT NULL CHECK (operations BETWEEN 0 AND attested),
    checks TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    attester TEXT COLLATE "C" NOT NULL,
    since_sequence BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    PRIMARY KEY (programme, sheet),
    CHECK ((session IS NULL) = (site IS NOT NULL AND from_date IS NOT NULL AND to_date IS NOT NULL))
);
CREATE INDEX sheets_by_session ON sheets (programme, session, since_sequence);
CREATE INDEX sheets_by_site ON sheets (programme, site, from_date, to_date, since_sequence);

-- How a programme treats records, where it has said so.
CREATE TABLE activity_policies (
    programme TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    late_entry_days BIGINT NOT NULL CHECK (late_entry_days >= 0),
    recheck_percent BIGINT NOT NULL CHECK (recheck_percent BETWEEN 1 AND 100),
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL
);
