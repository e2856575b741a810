-- Who may call. A token is kept as a hash of it; the programme '-' is the platform.
CREATE TABLE access_tokens (
    programme TEXT COLLATE "C" NOT NULL,
    token TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    vouches BOOLEAN NOT NULL,
    expire_time BIGINT NOT NULL,
    revoke_time BIGINT,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, token),
    UNIQUE (programme, hash)
);
-- What a server keeps in memory.
CREATE INDEX access_tokens_live ON access_tokens (programme, token) WHERE revoke_time IS NULL;
CREATE TABLE access_bindings (
    programme TEXT COLLATE "C" NOT NULL,
    binding TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL CHECK (scope IN ('WHOLE', 'SITE', 'EXPERT', 'OWN')),
    within TEXT COLLATE "C" NOT NULL,
    revoke_time BIGINT,
    revision BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (programme, binding)
);
CREATE INDEX access_bindings_live ON access_bindings (programme, binding) WHERE revoke_time IS NULL;
-- Moves with every change of the two, so that servers see in one look whether there was any.
CREATE TABLE access_versions (
    programme TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (programme)
);
