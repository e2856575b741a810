-- The experts of a programme. Days are ISO texts; `roster_exit_date` and `pause_until_date` are last days, part of what they end.
CREATE TABLE experts (
    programme TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    display_name TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'EXITED', 'MERGED')),
    roster_entry_date TEXT COLLATE "C" NOT NULL,
    roster_exit_date TEXT COLLATE "C",
    pause_until_date TEXT COLLATE "C",
    -- JSON: nobody filters on it.
    scope TEXT COLLATE "C" NOT NULL,
    -- Keyed hash of the 执业证书编码; the number itself is nowhere.
    licence_hash TEXT COLLATE "C",
    merged_into TEXT COLLATE "C",
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, expert),
    UNIQUE (programme, licence_hash),
    CHECK (roster_exit_date IS NULL OR roster_exit_date >= roster_entry_date),
    CHECK ((state = 'MERGED') = (merged_into IS NOT NULL)),
    CHECK (state <> 'EXITED' OR roster_exit_date IS NOT NULL)
);

-- The specialties of an expert, the foremost first.
CREATE TABLE expert_specialties (
    programme TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    specialty TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, expert, ordinal),
    FOREIGN KEY (programme, expert) REFERENCES experts (programme, expert)
);
CREATE INDEX expert_specialties_by_specialty ON expert_specialties (programme, specialty, expert);

-- Where an expert works and worked, from a day to a day; `to_date` is the last day. A reaction keeps the hospital from
-- being deleted: a foreign key would speak first, and not by name.
CREATE TABLE expert_affiliations (
    programme TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    hospital TEXT COLLATE "C" NOT NULL,
    from_date TEXT COLLATE "C" NOT NULL,
    to_date TEXT COLLATE "C",
    main BOOLEAN NOT NULL,
    PRIMARY KEY (programme, expert, ordinal),
    FOREIGN KEY (programme, expert) REFERENCES experts (programme, expert),
    CHECK (to_date IS NULL OR to_date >= from_date)
);
CREATE INDEX expert_affiliations_by_hospital ON expert_affiliations (programme, hospital, expert);

-- 乡情, each with the consent to its being kept and shown.
CREATE TABLE expert_ties (
    programme TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    division TEXT COLLATE "C",
    place TEXT COLLATE "C" NOT NULL,
    heard_by TEXT COLLATE "C" NOT NULL,
    medium TEXT COLLATE "C" NOT NULL,
    heard_time BIGINT NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, expert, ordinal),
    FOREIGN KEY (programme, expert) REFERENCES experts (programme, expert)
);
CREATE INDEX expert_ties_by_division ON expert_ties (programme, division, expert);
CREATE INDEX expert_ties_by_kind ON expert_ties (programme, kind, expert);

-- The secret that keys a programme's licence hashes; made with the first of them.
CREATE TABLE expert_licence_keys (
    programme TEXT COLLATE "C" NOT NULL,
    secret TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme)
);
