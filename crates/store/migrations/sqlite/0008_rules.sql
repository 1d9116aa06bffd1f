-- Rules of this bureau's lawyers: what was proposed, what is in force since when, and what decisions
-- count.

-- Rules that were proposed, each under the hash of the whole.
CREATE TABLE rule_sets (
    rules_hash BLOB PRIMARY KEY,
    stored_at  INTEGER NOT NULL
);

-- Their files, rules and tables, as they were proposed.
CREATE TABLE rule_files (
    rules_hash BLOB NOT NULL REFERENCES rule_sets (rules_hash),
    name       TEXT NOT NULL,
    text       TEXT NOT NULL,
    PRIMARY KEY (rules_hash, name)
);

-- Each time that two people put some in force; the last one holds.
CREATE TABLE rule_adoptions (
    -- 1 for the first, and so on.
    number      INTEGER PRIMARY KEY,
    rules_hash  BLOB NOT NULL REFERENCES rule_sets (rules_hash),
    -- SPIFFE identities.
    proposed_by TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    adopted_at  INTEGER NOT NULL,
    -- The entry of the log that says so.
    entry_index INTEGER NOT NULL,
    CHECK (approved_by <> proposed_by)
);

-- Elements that were asked of a partner or answered to it, for each day (UTC), over all agreements and
-- types: facts that rules decide on.
CREATE TABLE partner_days (
    partner    TEXT NOT NULL,
    -- 'asked' or 'answered'.
    direction  TEXT NOT NULL,
    -- Days since 1970-01-01.
    day        INTEGER NOT NULL,
    elements   INTEGER NOT NULL,
    -- How many of them under a derogation.
    derogation INTEGER NOT NULL,
    PRIMARY KEY (partner, direction, day)
);
