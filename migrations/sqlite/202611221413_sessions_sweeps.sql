-- Which server lapses a programme's sessions, and until when it alone does.
CREATE TABLE session_sweeps (
    programme TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    term_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
