CREATE TABLE hospitals (
    programme    TEXT COLLATE "C" NOT NULL,
    hospital     TEXT COLLATE "C" NOT NULL,
    display_name TEXT COLLATE "C" NOT NULL,
    level        TEXT COLLATE "C" NOT NULL,
    city         TEXT COLLATE "C" NOT NULL,
    credit_code  TEXT COLLATE "C",
    revision     BIGINT NOT NULL,
    create_time  BIGINT NOT NULL,
    update_time  BIGINT NOT NULL,
    PRIMARY KEY (programme, hospital)
);

CREATE INDEX hospitals_by_credit_code ON hospitals (programme, credit_code, hospital);

-- Every name that leads to a hospital: position 0 is its display name, the aliases follow in their order.
-- The key is the name as it is compared (hospitals::NameKey): one hospital of a programme for each.
CREATE TABLE hospital_names (
    programme TEXT COLLATE "C" NOT NULL,
    name_key  TEXT COLLATE "C" NOT NULL,
    hospital  TEXT COLLATE "C" NOT NULL,
    position  BIGINT NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (programme, name_key),
    FOREIGN KEY (programme, hospital) REFERENCES hospitals (programme, hospital)
);

CREATE INDEX hospital_names_by_hospital ON hospital_names (programme, hospital, position);
