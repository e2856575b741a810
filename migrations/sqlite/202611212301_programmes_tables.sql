CREATE TABLE programmes (
  programme TEXT NOT NULL PRIMARY KEY,
  display_name TEXT NOT NULL,
  division_code TEXT NOT NULL,
  zone TEXT NOT NULL,
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  create_time INTEGER NOT NULL,
  update_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- By which unit sittings are counted from a day on.
CREATE TABLE sitting_units (
  programme TEXT NOT NULL REFERENCES programmes (programme),
  from_date TEXT NOT NULL,
  unit TEXT NOT NULL,
  PRIMARY KEY (programme, from_date)
) STRICT, WITHOUT ROWID;
