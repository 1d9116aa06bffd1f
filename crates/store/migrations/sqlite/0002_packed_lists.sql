-- What a dataset holds of one type is a list. Its identifiers lie in blocks, in the order of their
-- canonical bytes; `block.rs` has the layout of a block's body. A row for each identifier costs
-- fifteen times the work at loading and at publishing.
CREATE TABLE lists (
    id              INTEGER PRIMARY KEY,
    dataset         TEXT NOT NULL REFERENCES datasets (id),
    identifier_type TEXT NOT NULL,
    -- The last id given to an identifier of this list. Ids count from 1 and are never used again.
    last_identifier INTEGER NOT NULL,
    identifiers     INTEGER NOT NULL,
    UNIQUE (dataset, identifier_type)
);

CREATE TABLE blocks (
    id     INTEGER PRIMARY KEY,
    list   INTEGER NOT NULL REFERENCES lists (id),
    -- At most the lowest canonical bytes in the block, and above all in the block before.
    first  BLOB NOT NULL,
    -- The highest identifier id in the block.
    newest INTEGER NOT NULL,
    body   BLOB NOT NULL,
    UNIQUE (list, first)
);

-- The revisions from which on the journal below is whole. A database restored from a backup counts
-- revisions anew: the token tells the old ones from those.
CREATE TABLE revisions (
    dataset  TEXT NOT NULL REFERENCES datasets (id),
    revision INTEGER NOT NULL,
    token    BLOB NOT NULL,
    PRIMARY KEY (dataset, revision)
) WITHOUT ROWID;

INSERT INTO revisions (dataset, revision, token) SELECT id, revision, randomblob(16) FROM datasets;

-- Which identifiers left a list at which revision: ids of 8 bytes each, big-endian.
CREATE TABLE removed_identifiers (
    list        INTEGER NOT NULL REFERENCES lists (id),
    revision    INTEGER NOT NULL,
    part        INTEGER NOT NULL,
    identifiers BLOB NOT NULL,
    PRIMARY KEY (list, revision, part)
);

-- Read into blocks, and dropped, when the store is next opened.
ALTER TABLE records RENAME TO records_before_blocks;
