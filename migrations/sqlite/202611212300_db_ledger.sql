-- What every write does by itself. A head is the lock of its programme: sequence, audit entry and link move with it.
CREATE TABLE heads (
  programme TEXT NOT NULL PRIMARY KEY,
  sequence INTEGER NOT NULL,
  entry INTEGER NOT NULL,
  link TEXT NOT NULL,
  time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE changes (
  programme TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  name TEXT NOT NULL,
  verb TEXT NOT NULL,
  revision INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (programme, sequence)
) STRICT, WITHOUT ROWID;
-- The salt stands outside the entry's hash: an erasure destroys it and the chain still verifies.
CREATE TABLE audit_entries (
  programme TEXT NOT NULL,
  entry INTEGER NOT NULL,
  time INTEGER NOT NULL,
  subject TEXT NOT NULL,
  on_behalf_of TEXT NOT NULL,
  method TEXT NOT NULL,
  names TEXT NOT NULL,
  digest TEXT NOT NULL,
  salt TEXT,
  link TEXT,
  PRIMARY KEY (programme, entry)
) STRICT, WITHOUT ROWID;
CREATE TABLE request_ids (
  programme TEXT NOT NULL,
  subject TEXT NOT NULL,
  method TEXT NOT NULL,
  request_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  names TEXT NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (programme, subject, method, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_ids_time ON request_ids (time);
CREATE TABLE tally_cells (
  programme TEXT NOT NULL,
  face TEXT NOT NULL,
  measure TEXT NOT NULL,
  month TEXT NOT NULL,
  key TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (programme, face, measure, month, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE external_ids (
  programme TEXT NOT NULL,
  collection TEXT NOT NULL,
  system TEXT NOT NULL,
  value TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (programme, collection, system, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX external_ids_id ON external_ids (programme, collection, id);
