-- Restrictions of persons. A patient's `subject` is the token that took the place of the own one, which stands in a seal alone.
CREATE TABLE person_restrictions (
    programme TEXT COLLATE "C" NOT NULL,
    restriction TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('EXPERT', 'ASSISTANT', 'PATIENT')),
    subject TEXT COLLATE "C" NOT NULL,
    patient_issuer TEXT COLLATE "C",
    document TEXT COLLATE "C" NOT NULL,
    erase_after_date TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('RESTRICTED', 'LIFTED', 'ERASING', 'ERASED')),
    keys_done BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, restriction),
    CHECK ((kind = 'PATIENT') = (patient_issuer IS NOT NULL))
);
CREATE INDEX person_restrictions_by_subject ON person_restrictions (programme, kind, subject);

-- What was taken out of records: `part` is the record's collection, `item` its id. Empty once it is destroyed.
CREATE TABLE person_seals (
    programme TEXT COLLATE "C" NOT NULL,
    restriction TEXT COLLATE "C" NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, restriction, part, item)
);
