-- Sheets: which session, or which days at a site, another person than the recorder has attested. Never changed.
CREATE TABLE sheets (
    programme TEXT NOT NULL,
    sheet TEXT NOT NULL,
    session TEXT,
    site TEXT,
    from_date TEXT,
    to_date TEXT,
    attested INTEGER NOT NULL CHECK (attested >= 0),
    operations INTEGER NOT NULL CHECK (operations BETWEEN 0 AND attested),
    checks TEXT NOT NULL,
    digest TEXT NOT NULL,
    attester TEXT NOT NULL,
    since_sequence INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (programme, sheet),
    CHECK ((session IS NULL) = (site IS NOT NULL AND from_date IS NOT NULL AND to_date IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX sheets_by_session ON sheets (programme, session, since_sequence);
CREATE INDEX sheets_by_site ON sheets (programme, site, from_date, to_date, since_sequence);

-- How a programme treats records, where it has said so.
CREATE TABLE activity_policies (
    programme TEXT NOT NULL PRIMARY KEY,
    late_entry_days INTEGER NOT NULL CHECK (late_entry_days >= 0),
    recheck_percent INTEGER NOT NULL CHECK (recheck_percent BETWEEN 1 AND 100),
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
