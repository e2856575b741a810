-- Which server lapses a programme's sessions, and until when it alone does.
CREATE TABLE session_sweeps (
    programme TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    term_until BIGINT NOT NULL
);
