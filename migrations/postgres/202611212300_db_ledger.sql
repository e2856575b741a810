-- What every write does by itself. A head is the lock of its programme: sequence, audit entry and link move with it.
CREATE TABLE heads (
  programme TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  link TEXT COLLATE "C" NOT NULL,
  time BIGINT NOT NULL
);
CREATE TABLE changes (
  programme TEXT COLLATE "C" NOT NULL,
  sequence BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  verb TEXT COLLATE "C" NOT NULL,
  revision BIGINT NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (programme, sequence)
);
-- The salt stands outside the entry's hash: an erasure destroys it and the chain still verifies.
CREATE TABLE audit_entries (
  programme TEXT COLLATE "C" NOT NULL,
  entry BIGINT NOT NULL,
  time BIGINT NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  on_behalf_of TEXT COLLATE "C" NOT NULL,
  method TEXT COLLATE "C" NOT NULL,
  names TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  salt TEXT COLLATE "C",
  link TEXT COLLATE "C",
  PRIMARY KEY (programme, entry)
);
CREATE TABLE request_ids (
  programme TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  method TEXT COLLATE "C" NOT NULL,
  request_id TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  names TEXT COLLATE "C" NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (programme, subject, method, request_id)
);
CREATE INDEX request_ids_time ON request_ids (time);
CREATE TABLE tally_cells (
  programme TEXT COLLATE "C" NOT NULL,
  face TEXT COLLATE "C" NOT NULL,
  measure TEXT COLLATE "C" NOT NULL,
  month TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  quantity BIGINT NOT NULL,
  PRIMARY KEY (programme, face, measure, month, key)
);
CREATE TABLE external_ids (
  programme TEXT COLLATE "C" NOT NULL,
  collection TEXT COLLATE "C" NOT NULL,
  system TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (programme, collection, system, value)
);
CREATE INDEX external_ids_id ON external_ids (programme, collection, id);
