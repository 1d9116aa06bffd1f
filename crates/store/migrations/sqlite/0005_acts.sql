-- Acts of this bureau's people that need two of them.

CREATE TABLE acts (
    kind        TEXT NOT NULL,
    -- What the act is about, 32 bytes: as a rule the hash of a document.
    subject     BLOB NOT NULL,
    -- SPIFFE identities.
    proposed_by TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    approved_by TEXT,
    approved_at INTEGER,
    PRIMARY KEY (kind, subject),
    CHECK (approved_by IS NULL OR approved_by <> proposed_by)
);
