-- Bearer tokens for the JSON form of the bureau face. A token itself is nowhere: only what it is
-- recognised by.
CREATE TABLE bearer_tokens (
    -- Names the token in lists and logs, 8 random bytes; it stands in the token as well.
    token      BLOB PRIMARY KEY CHECK (length(token) = 8),
    -- HMAC-SHA-256 of the token's secret together with all that it says, under a key derived from the
    -- key-encryption key: a row that is changed here, or put here, is no token's.
    code       BLOB NOT NULL CHECK (length(code) = 32),
    -- SPIFFE identity of who holds it: agency and person.
    holder     TEXT NOT NULL,
    -- Codes of the roles, separated by commas.
    roles      TEXT NOT NULL,
    -- SPIFFE identity of the administrator.
    issued_by  TEXT NOT NULL,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    -- Why it was revoked.
    reason     TEXT,
    CHECK ((revoked_at IS NULL) = (reason IS NULL))
) WITHOUT ROWID;
