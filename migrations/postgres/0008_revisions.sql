-- What worlds are made of, each by the digest of what its files mean.
CREATE TABLE contents (
    digest TEXT  PRIMARY KEY,
    body   BYTEA NOT NULL
);

-- Every published revision of the world; the one of the greatest number runs. Times in microseconds
-- of the Unix epoch. `reverts`: the revision whose content it has again; `draft`: the digest of the
-- draft that was left when it was taken back, which is not published by itself.
CREATE TABLE revisions (
    number  BIGINT PRIMARY KEY,
    digest  TEXT   NOT NULL REFERENCES contents (digest),
    author  TEXT   NOT NULL,
    message TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    reverts BIGINT,
    draft   TEXT
);
