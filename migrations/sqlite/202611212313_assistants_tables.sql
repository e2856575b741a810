-- The local clinicians of a programme, each stationed at one site; days are ISO texts, ends are last days. A reaction keeps
-- the site from being deleted: a foreign key would speak first, and not by name.
CREATE TABLE assistants (
    programme TEXT NOT NULL,
    assistant TEXT NOT NULL,
    display_name TEXT NOT NULL,
    site TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'ENDED')),
    end_date TEXT,
    licence_from_date TEXT,
    licence_to_date TEXT,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, assistant),
    CHECK ((state = 'ENDED') = (end_date IS NOT NULL)),
    CHECK (licence_to_date IS NULL OR licence_to_date >= licence_from_date)
) STRICT;
CREATE INDEX assistants_by_site ON assistants (programme, site, assistant);

-- The specialties of an assistant, the foremost first.
CREATE TABLE assistant_specialties (
    programme TEXT NOT NULL,
    assistant TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    specialty TEXT NOT NULL,
    PRIMARY KEY (programme, assistant, ordinal),
    FOREIGN KEY (programme, assistant) REFERENCES assistants (programme, assistant)
) STRICT, WITHOUT ROWID;
CREATE INDEX assistant_specialties_by_specialty ON assistant_specialties (programme, specialty, assistant);

-- Leave and duty of an assistant; `half_day` unset means whole days.
CREATE TABLE assistant_absences (
    programme TEXT NOT NULL,
    assistant TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL,
    half_day TEXT,
    PRIMARY KEY (programme, assistant, ordinal),
    FOREIGN KEY (programme, assistant) REFERENCES assistants (programme, assistant),
    CHECK (to_date >= from_date)
) STRICT, WITHOUT ROWID;

-- An expert and an assistant from a day to a day, at the assistant's site.
CREATE TABLE pairings (
    programme TEXT NOT NULL,
    pairing TEXT NOT NULL,
    expert TEXT NOT NULL,
    assistant TEXT NOT NULL,
    site TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('PRIMARY', 'BACKUP')),
    from_date TEXT NOT NULL,
    to_date TEXT,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, pairing),
    FOREIGN KEY (programme, assistant) REFERENCES assistants (programme, assistant),
    CHECK (to_date IS NULL OR to_date >= from_date)
) STRICT;
CREATE INDEX pairings_by_expert ON pairings (programme, expert, site, from_date);
CREATE INDEX pairings_by_assistant ON pairings (programme, assistant, from_date);
CREATE INDEX pairings_by_site ON pairings (programme, site, from_date);
