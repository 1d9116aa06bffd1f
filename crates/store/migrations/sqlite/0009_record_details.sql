-- What the owner knows of records beside their identifiers. A record without details has no row.

-- What rules look at: of many records only a few are different.
CREATE TABLE record_attributes (
    id         INTEGER PRIMARY KEY,
    dataset    TEXT NOT NULL REFERENCES datasets (id),
    -- JSON.
    attributes TEXT NOT NULL,
    UNIQUE (dataset, attributes)
);

CREATE TABLE record_details (
    dataset    TEXT NOT NULL REFERENCES datasets (id),
    reference  TEXT NOT NULL,
    attributes INTEGER NOT NULL REFERENCES record_attributes (id),
    -- The day on which details first came, counted from 1970: its age counts from there unless the
    -- attributes say when it was entered.
    first_day  INTEGER NOT NULL,
    -- What may be released, as JSON, sealed under the node's key-encryption key; nothing where there
    -- are attributes only.
    fields     BLOB,
    PRIMARY KEY (dataset, reference)
) WITHOUT ROWID;

CREATE INDEX record_details_by_attributes ON record_details (dataset, attributes, first_day);

-- A digest of the identifiers that rules kept out of the set; nothing where they kept out none.
ALTER TABLE manifests ADD COLUMN kept_out BLOB;
