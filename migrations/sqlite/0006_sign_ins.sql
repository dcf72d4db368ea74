-- Tokens of an account carry its number; when it grows, those of before hold no more. When it grew
-- last: microseconds of the Unix epoch.
ALTER TABLE accounts ADD COLUMN token_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN tokens_ended_at INTEGER;
CREATE INDEX accounts_ended ON accounts (tokens_ended_at) WHERE tokens_ended_at IS NOT NULL;

-- When an operator deleted the account. Its row stays until nothing of it can be on its way any more.
ALTER TABLE accounts ADD COLUMN closed_at INTEGER;
CREATE INDEX accounts_closed ON accounts (closed_at) WHERE closed_at IS NOT NULL;

-- One row per sign-in that can be renewed: only its newest refresh token holds, and only its hash is
-- here. Whoever shows an older one ends the sign-in. Times in microseconds; of a guest's, `expires_at`
-- is the greatest number.
CREATE TABLE refresh_tokens (
    family      BLOB   PRIMARY KEY,
    account     BLOB   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    secret_hash TEXT   NOT NULL,
    renewed_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
);

CREATE INDEX refresh_tokens_by_account ON refresh_tokens (account, renewed_at);
CREATE INDEX refresh_tokens_expired ON refresh_tokens (expires_at);
