-- Who may call. A token is kept as a hash of it; the programme '-' is the platform.
CREATE TABLE access_tokens (
    programme TEXT NOT NULL,
    token TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash TEXT NOT NULL,
    note TEXT NOT NULL,
    vouches INTEGER NOT NULL,
    expire_time INTEGER NOT NULL,
    revoke_time INTEGER,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, token),
    UNIQUE (programme, hash)
) STRICT;
-- What a server keeps in memory.
CREATE INDEX access_tokens_live ON access_tokens (programme, token) WHERE revoke_time IS NULL;
CREATE TABLE access_bindings (
    programme TEXT NOT NULL,
    binding TEXT NOT NULL,
    subject TEXT NOT NULL,
    role TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('WHOLE', 'SITE', 'EXPERT', 'OWN')),
    within TEXT NOT NULL,
    revoke_time INTEGER,
    revision INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (programme, binding)
) STRICT;
CREATE INDEX access_bindings_live ON access_bindings (programme, binding) WHERE revoke_time IS NULL;
-- Moves with every change of the two, so that servers see in one look whether there was any.
CREATE TABLE access_versions (
    programme TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (programme)
) STRICT, WITHOUT ROWID;
