-- Which server does what is due at a programme's registers, and until when it alone does.
CREATE TABLE register_sweeps (
    programme TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    term_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
