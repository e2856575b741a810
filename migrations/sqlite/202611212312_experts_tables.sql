-- The experts of a programme. Days are ISO texts; `roster_exit_date` and `pause_until_date` are last days, part of what they end.
CREATE TABLE experts (
    programme TEXT NOT NULL,
    expert TEXT NOT NULL,
    display_name TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'EXITED', 'MERGED')),
    roster_entry_date TEXT NOT NULL,
    roster_exit_date TEXT,
    pause_until_date TEXT,
    -- JSON: nobody filters on it.
    scope TEXT NOT NULL,
    -- Keyed hash of the 执业证书编码; the number itself is nowhere.
    licence_hash TEXT,
    merged_into TEXT,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, expert),
    UNIQUE (programme, licence_hash),
    CHECK (roster_exit_date IS NULL OR roster_exit_date >= roster_entry_date),
    CHECK ((state = 'MERGED') = (merged_into IS NOT NULL)),
    CHECK (state <> 'EXITED' OR roster_exit_date IS NOT NULL)
) STRICT;

-- The specialties of an expert, the foremost first.
CREATE TABLE expert_specialties (
    programme TEXT NOT NULL,
    expert TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    specialty TEXT NOT NULL,
    PRIMARY KEY (programme, expert, ordinal),
    FOREIGN KEY (programme, expert) REFERENCES experts (programme, expert)
) STRICT, WITHOUT ROWID;
CREATE INDEX expert_specialties_by_specialty ON expert_specialties (programme, specialty, expert);

-- Where an expert works and worked, from a day to a day; `to_date` is the last day. A reaction keeps the hospital from
-- being deleted: a foreign key would speak first, and not by name.
CREATE TABLE expert_affiliations (
    programme TEXT NOT NULL,
    expert TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    hospital TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT,
    main INTEGER NOT NULL,
    PRIMARY KEY (programme, expert, ordinal),
    FOREIGN KEY (programme, expert) REFERENCES experts (programme, expert),
    CHECK (to_date IS NULL OR to_date >= from_date)
) STRICT, WITHOUT ROWID;
CREATE INDEX expert_affiliations_by_hospital ON expert_affiliations (programme, hospital, expert);

-- 乡情, each with the consent to its being kept and shown.
CREATE TABLE expert_ties (
    programme TEXT NOT NULL,
    expert TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    division TEXT,
    place TEXT NOT NULL,
    heard_by TEXT NOT NULL,
    medium TEXT NOT NULL,
    heard_time INTEGER NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (programme, expert, ordinal),
    FOREIGN KEY (programme, expert) REFERENCES experts (programme, expert)
) STRICT, WITHOUT ROWID;
CREATE INDEX expert_ties_by_division ON expert_ties (programme, division, expert);
CREATE INDEX expert_ties_by_kind ON expert_ties (programme, kind, expert);

-- The secret that keys a programme's licence hashes; made with the first of them.
CREATE TABLE expert_licence_keys (
    programme TEXT NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (programme)
) STRICT, WITHOUT ROWID;
