CREATE TABLE programmes (
  programme TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  display_name TEXT COLLATE "C" NOT NULL,
  division_code TEXT COLLATE "C" NOT NULL,
  zone TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  revision BIGINT NOT NULL,
  create_time BIGINT NOT NULL,
  update_time BIGINT NOT NULL
);
-- By which unit sittings are counted from a day on.
CREATE TABLE sitting_units (
  programme TEXT COLLATE "C" NOT NULL REFERENCES programmes (programme),
  from_date TEXT COLLATE "C" NOT NULL,
  unit TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (programme, from_date)
);
