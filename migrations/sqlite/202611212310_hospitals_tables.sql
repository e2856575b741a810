CREATE TABLE hospitals (
    programme    TEXT NOT NULL,
    hospital     TEXT NOT NULL,
    display_name TEXT NOT NULL,
    level        TEXT NOT NULL,
    city         TEXT NOT NULL,
    credit_code  TEXT,
    revision     INTEGER NOT NULL,
    create_time  INTEGER NOT NULL,
    update_time  INTEGER NOT NULL,
    PRIMARY KEY (programme, hospital)
) STRICT, WITHOUT ROWID;

CREATE INDEX hospitals_by_credit_code ON hospitals (programme, credit_code, hospital);

-- Every name that leads to a hospital: position 0 is its display name, the aliases follow in their order.
-- The key is the name as it is compared (hospitals::NameKey): one hospital of a programme for each.
CREATE TABLE hospital_names (
    programme TEXT NOT NULL,
    name_key  TEXT NOT NULL,
    hospital  TEXT NOT NULL,
    position  INTEGER NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (programme, name_key),
    FOREIGN KEY (programme, hospital) REFERENCES hospitals (programme, hospital)
) STRICT, WITHOUT ROWID;

CREATE INDEX hospital_names_by_hospital ON hospital_names (programme, hospital, position);
