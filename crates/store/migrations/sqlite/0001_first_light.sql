-- Times are seconds since 1970 UTC. Identities and hashes are raw bytes.

CREATE TABLE agreements (
    id           TEXT PRIMARY KEY,
    hash         BLOB NOT NULL,
    document     TEXT NOT NULL,
    installed_at INTEGER NOT NULL
);

CREATE TABLE datasets (
    id         TEXT PRIMARY KEY,
    title      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- One more with each load that changed something: what a published set is compared with.
    revision   INTEGER NOT NULL
);

CREATE TABLE records (
    dataset         TEXT NOT NULL REFERENCES datasets (id),
    identifier_type TEXT NOT NULL,
    canonical       BLOB NOT NULL,
    reference       TEXT NOT NULL,
    PRIMARY KEY (dataset, identifier_type, canonical, reference)
) WITHOUT ROWID;

CREATE TABLE scope_keys (
    scope_id    BLOB PRIMARY KEY,
    agreement   TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    epoch       INTEGER NOT NULL,
    -- OPRF key and dummy secret, sealed under the scope's wrapping key, which is a file outside.
    sealed      BLOB NOT NULL,
    created_at  INTEGER NOT NULL
);

CREATE TABLE manifests (
    scope_id         BLOB NOT NULL,
    version          INTEGER NOT NULL,
    document         BLOB NOT NULL,
    public_key       BLOB NOT NULL,
    signature        BLOB NOT NULL,
    document_hash    BLOB NOT NULL,
    dataset_revision INTEGER NOT NULL,
    PRIMARY KEY (scope_id, version)
);

CREATE TABLE partner_sets (
    scope_id      BLOB PRIMARY KEY,
    agreement     TEXT NOT NULL,
    owner         TEXT NOT NULL,
    version       INTEGER NOT NULL,
    document      BLOB NOT NULL,
    public_key    BLOB NOT NULL,
    signature     BLOB NOT NULL,
    installed_at  INTEGER NOT NULL
);

CREATE TABLE answered_checks (
    requester    TEXT NOT NULL,
    check_id     BLOB NOT NULL,
    agreement    TEXT NOT NULL,
    header       BLOB NOT NULL,
    public_key   BLOB NOT NULL,
    signature    BLOB NOT NULL,
    header_hash  BLOB NOT NULL,
    entry_index  INTEGER NOT NULL,
    admitted_at  INTEGER NOT NULL,
    PRIMARY KEY (requester, agreement, check_id)
);

CREATE TABLE quota_usage (
    agreement       TEXT NOT NULL,
    requester       TEXT NOT NULL,
    dataset         TEXT NOT NULL,
    identifier_type TEXT NOT NULL,
    -- Days since 1970 UTC.
    day             INTEGER NOT NULL,
    used            INTEGER NOT NULL,
    PRIMARY KEY (agreement, requester, dataset, identifier_type, day)
);

CREATE TABLE asked_checks (
    check_id    BLOB PRIMARY KEY,
    entry_index INTEGER NOT NULL,
    asked_at    INTEGER NOT NULL,
    -- Who asked what, why, and with which blinds: sealed under the node's key-encryption key.
    sealed      BLOB NOT NULL
);

CREATE TABLE asked_headers (
    check_id   BLOB NOT NULL REFERENCES asked_checks (check_id),
    owner      TEXT NOT NULL,
    agreement  TEXT NOT NULL,
    header     BLOB NOT NULL,
    public_key BLOB NOT NULL,
    signature  BLOB NOT NULL,
    -- The owner's receipt, once it has come.
    receipt            BLOB,
    receipt_public_key BLOB,
    receipt_signature  BLOB,
    PRIMARY KEY (check_id, owner, agreement)
);

-- The log. A leaf is the salted hash of a record; record and salt are erased when their time is
-- over, the leaf never is.
CREATE TABLE log_entries (
    entry_index INTEGER PRIMARY KEY,
    leaf_hash   BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    salt        BLOB,
    record      BLOB
);

-- A replacement fires no trigger for deletion, and an index out of order would leave a gap.
CREATE TRIGGER log_entries_are_only_appended BEFORE INSERT ON log_entries
WHEN NEW.entry_index IS NOT (SELECT COALESCE(MAX(entry_index) + 1, 0) FROM log_entries)
BEGIN
    SELECT RAISE(ABORT, 'log entries are only appended');
END;

CREATE TRIGGER log_entries_stay BEFORE DELETE ON log_entries
BEGIN
    SELECT RAISE(ABORT, 'log entries are never removed');
END;

CREATE TRIGGER log_entries_are_only_erased BEFORE UPDATE ON log_entries
WHEN NEW.entry_index IS NOT OLD.entry_index
  OR NEW.leaf_hash IS NOT OLD.leaf_hash
  OR NEW.recorded_at IS NOT OLD.recorded_at
  OR NEW.salt IS NOT NULL
  OR NEW.record IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'of a log entry only record and salt may be erased');
END;
