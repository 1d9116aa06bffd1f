-- Standing checks: what this bureau keeps of what it asked. The bulk lies in files, each sealed under
-- a key of its own, which is sealed here. Whoever deletes a row, and so its key, destroys the file.

CREATE TABLE standing_checks (
    standing_id BLOB PRIMARY KEY,
    begun_at    INTEGER NOT NULL,
    -- Who keeps what asked, and why: sealed under the node's key-encryption key.
    sealed      BLOB NOT NULL
);

-- Identifiers of one type that were asked together.
CREATE TABLE standing_segments (
    segment_id      BLOB PRIMARY KEY,
    standing_id     BLOB NOT NULL REFERENCES standing_checks (standing_id) ON DELETE CASCADE,
    identifier_type TEXT NOT NULL,
    entries         INTEGER NOT NULL,
    asked_at        INTEGER NOT NULL,
    -- The key of the file of identifiers, sealed under the node's key-encryption key.
    sealed_key      BLOB NOT NULL,
    -- Which entries were removed since, sealed under that key; nothing where none was.
    removed         BLOB,
    removed_count   INTEGER NOT NULL
);

CREATE INDEX standing_segments_of_a_check ON standing_segments (standing_id);

-- The tags of a segment in one scope.
CREATE TABLE standing_tags (
    segment_id      BLOB NOT NULL REFERENCES standing_segments (segment_id) ON DELETE CASCADE,
    scope_id        BLOB NOT NULL,
    agreement       TEXT NOT NULL,
    owner           TEXT NOT NULL,
    dataset         TEXT NOT NULL,
    keep_until      INTEGER NOT NULL,
    -- The key of the file of tags, sealed under the node's key-encryption key; nothing once it was
    -- destroyed.
    sealed_key      BLOB,
    -- Which entries a person was shown as hits, sealed under that key.
    seen            BLOB,
    -- Why the tags were destroyed, and when.
    ended           TEXT,
    ended_at        INTEGER,
    PRIMARY KEY (segment_id, scope_id)
) WITHOUT ROWID;
