-- Which server does what is due at a programme's registers, and until when it alone does.
CREATE TABLE register_sweeps (
    programme TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    term_until BIGINT NOT NULL
);
