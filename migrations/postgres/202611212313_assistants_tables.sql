-- The local clinicians of a programme, each stationed at one site; days are ISO texts, ends are last days. A reaction keeps
-- the site from being deleted: a foreign key would speak first, and not by name.
CREATE TABLE assistants (
    programme TEXT COLLATE "C" NOT NULL,
    assistant TEXT COLLATE "C" NOT NULL,
    display_name TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('ACTIVE', 'ENDED')),
    end_date TEXT COLLATE "C",
    licence_from_date TEXT COLLATE "C",
    licence_to_date TEXT COLLATE "C",
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, assistant),
    CHECK ((state = 'ENDED') = (end_date IS NOT NULL)),
    CHECK (licence_to_date IS NULL OR licence_to_date >= licence_from_date)
);
CREATE INDEX assistants_by_site ON assistants (programme, site, assistant);

-- The specialties of an assistant, the foremost first.
CREATE TABLE assistant_specialties (
    programme TEXT COLLATE "C" NOT NULL,
    assistant TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    specialty TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, assistant, ordinal),
    FOREIGN KEY (programme, assistant) REFERENCES assistants (programme, assistant)
);
CREATE INDEX assistant_specialties_by_specialty ON assistant_specialties (programme, specialty, assistant);

-- Leave and duty of an assistant; `half_day` unset means whole days.
CREATE TABLE assistant_absences (
    programme TEXT COLLATE "C" NOT NULL,
    assistant TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    from_date TEXT COLLATE "C" NOT NULL,
    to_date TEXT COLLATE "C" NOT NULL,
    half_day TEXT COLLATE "C",
    PRIMARY KEY (programme, assistant, ordinal),
    FOREIGN KEY (programme, assistant) REFERENCES assistants (programme, assistant),
    CHECK (to_date >= from_date)
);

-- An expert and an assistant from a day to a day, at the assistant's site.
CREATE TABLE pairings (
    programme TEXT COLLATE "C" NOT NULL,
    pairing TEXT COLLATE "C" NOT NULL,
    expert TEXT COLLATE "C" NOT NULL,
    assistant TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('PRIMARY', 'BACKUP')),
    from_date TEXT COLLATE "C" NOT NULL,
    to_date TEXT COLLATE "C",
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, pairing),
    FOREIGN KEY (programme, assistant) REFERENCES assistants (programme, assistant),
    CHECK (to_date IS NULL OR to_date >= from_date)
);
CREATE INDEX pairings_by_expert ON pairings (programme, expert, site, from_date);
CREATE INDEX pairings_by_assistant ON pairings (programme, assistant, from_date);
CREATE INDEX pairings_by_site ON pairings (programme, site, from_date);
