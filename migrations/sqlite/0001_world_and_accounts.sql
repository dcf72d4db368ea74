-- The world's rows, how far each journal has been applied, and who plays.
-- Times are microseconds of the Unix epoch; texts of the world are JSON, kept verbatim.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- One row per (node, journal): everything of that journal up to `sequence` is in this database.
CREATE TABLE applied (
    node       TEXT    NOT NULL,
    journal    BLOB    NOT NULL,
    sequence   INTEGER NOT NULL,
    tick       INTEGER NOT NULL,
    run        INTEGER NOT NULL,
    world_time INTEGER NOT NULL,
    clean      INTEGER NOT NULL,
    PRIMARY KEY (node, journal)
);

-- scope 0: loaded with the world; 1: loaded with its character.
CREATE TABLE component_rows (
    entity    BLOB    NOT NULL,
    component TEXT     NOT NULL,
    version   INTEGER  NOT NULL,
    scope     INTEGER NOT NULL CHECK (scope IN (0, 1)),
    body      TEXT     NOT NULL CHECK (octet_length(body) <= 1048576 AND instr(body, char(0)) = 0),
    sequence  INTEGER  NOT NULL,
    PRIMARY KEY (entity, component)
) WITHOUT ROWID;

CREATE INDEX component_rows_of_world ON component_rows (entity, component) WHERE scope = 0;

CREATE TABLE facts (
    journal  BLOB    NOT NULL,
    sequence INTEGER NOT NULL,
    ordinal  INTEGER NOT NULL,
    kind     TEXT    NOT NULL CHECK (octet_length(kind) <= 256 AND instr(kind, char(0)) = 0),
    subject  BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    sum      INTEGER NOT NULL,
    detail   TEXT    NOT NULL CHECK (octet_length(detail) <= 65536 AND instr(detail, char(0)) = 0),
    PRIMARY KEY (journal, sequence, ordinal)
);

CREATE INDEX facts_by_subject ON facts (subject, at);
CREATE INDEX facts_by_time ON facts (at);

-- What the tables above refused, with the reason; for people to look at.
CREATE TABLE quarantined_rows (
    journal  BLOB    NOT NULL,
    sequence INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    entity   BLOB    NOT NULL,
    name     TEXT    NOT NULL,
    ordinal  INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    body     TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (journal, sequence, kind, entity, name, ordinal)
);

-- `username_key` is the name in lower case. A guest has no password. `living` counts the
-- characters that are not deleted, so that the limit holds under concurrent creations.
CREATE TABLE accounts (
    id            BLOB    PRIMARY KEY,
    username      TEXT    NOT NULL,
    username_key  TEXT    NOT NULL UNIQUE,
    password_hash TEXT,
    role          TEXT    NOT NULL,
    guest         INTEGER NOT NULL,
    living        INTEGER NOT NULL DEFAULT 0 CHECK (living >= 0),
    created_at    INTEGER NOT NULL
);

CREATE INDEX accounts_of_guests ON accounts (created_at) WHERE guest;

CREATE TABLE characters (
    id             BLOB   PRIMARY KEY,
    account        BLOB   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name           TEXT   NOT NULL,
    name_key       TEXT   NOT NULL,
    profession     TEXT,
    created_at     INTEGER NOT NULL,
    last_played_at INTEGER,
    deleted_at     INTEGER
);

CREATE UNIQUE INDEX characters_living_name ON characters (name_key) WHERE deleted_at IS NULL;
CREATE INDEX characters_by_account ON characters (account);

CREATE TABLE invites (
    code       TEXT   PRIMARY KEY,
    created_by BLOB   REFERENCES accounts (id) ON DELETE SET NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by    BLOB   REFERENCES accounts (id) ON DELETE SET NULL,
    used_at    INTEGER
);

-- Tokens that were signed out before their time; `keep_until` is in seconds.
CREATE TABLE revoked_tokens (
    jti        BLOB   PRIMARY KEY,
    keep_until INTEGER NOT NULL
);
