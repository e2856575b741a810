-- Restrictions of persons. A patient's `subject` is the token that took the place of the own one, which stands in a seal alone.
CREATE TABLE person_restrictions (
    programme TEXT NOT NULL,
    restriction TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('EXPERT', 'ASSISTANT', 'PATIENT')),
    subject TEXT NOT NULL,
    patient_issuer TEXT,
    document TEXT NOT NULL,
    erase_after_date TEXT,
    state TEXT NOT NULL CHECK (state IN ('RESTRICTED', 'LIFTED', 'ERASING', 'ERASED')),
    keys_done INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, restriction),
    CHECK ((kind = 'PATIENT') = (patient_issuer IS NOT NULL))
) STRICT;
CREATE INDEX person_restrictions_by_subject ON person_restrictions (programme, kind, subject);

-- What was taken out of records: `part` is the record's collection, `item` its id. Empty once it is destroyed.
CREATE TABLE person_seals (
    programme TEXT NOT NULL,
    restriction TEXT NOT NULL,
    part TEXT NOT NULL,
    item TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (programme, restriction, part, item)
) STRICT, WITHOUT ROWID;
