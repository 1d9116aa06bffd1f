-- Budgets of epochs, what a person should look at, and counts for statistics.

-- What was asked in a scope. A scope belongs to one epoch, so its rows are of no use after that.
CREATE TABLE budget_usage (
    scope_id        BLOB NOT NULL,
    -- Empty for all parties together.
    requester       TEXT NOT NULL,
    agreement       TEXT NOT NULL,
    dataset         TEXT NOT NULL,
    identifier_type TEXT NOT NULL,
    renews_at       INTEGER NOT NULL,
    used            INTEGER NOT NULL,
    PRIMARY KEY (scope_id, requester)
) WITHOUT ROWID;

-- What partners asked of this bureau, hour by hour: what patterns are looked for in.
CREATE TABLE answered_hours (
    agreement       TEXT NOT NULL,
    requester       TEXT NOT NULL,
    -- Hours since 1970 UTC.
    hour            INTEGER NOT NULL,
    identifier_type TEXT NOT NULL,
    purpose         TEXT NOT NULL,
    urgency         TEXT NOT NULL,
    -- A check is counted at the first of its types only.
    checks          INTEGER NOT NULL,
    elements        INTEGER NOT NULL,
    PRIMARY KEY (agreement, requester, hour, identifier_type, purpose, urgency)
) WITHOUT ROWID;

-- What this bureau asked of partners, to know what is left.
CREATE TABLE asked_usage (
    scope_id        BLOB NOT NULL,
    owner           TEXT NOT NULL,
    agreement       TEXT NOT NULL,
    dataset         TEXT NOT NULL,
    identifier_type TEXT NOT NULL,
    -- Days since 1970 UTC.
    day             INTEGER NOT NULL,
    elements        INTEGER NOT NULL,
    PRIMARY KEY (scope_id, day)
) WITHOUT ROWID;

-- The last time that a partner said that a quota or budget does not suffice.
CREATE TABLE quota_refusals (
    owner      TEXT NOT NULL,
    agreement  TEXT NOT NULL,
    reason     TEXT NOT NULL,
    sentence   TEXT NOT NULL,
    refused_at INTEGER NOT NULL,
    renews_at  INTEGER,
    PRIMARY KEY (owner, agreement, reason)
) WITHOUT ROWID;

-- What a person should look at. Nobody is refused by it.
CREATE TABLE findings (
    id              INTEGER PRIMARY KEY,
    kind            TEXT NOT NULL,
    -- SHA-256 of what it is about, so that one thing is not told again and again.
    subject         BLOB NOT NULL,
    -- Days since 1970 UTC.
    day             INTEGER NOT NULL,
    found_at        INTEGER NOT NULL,
    -- What was seen, of whom: sealed under the node's key-encryption key.
    sealed          BLOB NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at INTEGER,
    UNIQUE (kind, subject, day)
);

-- Who of this bureau asked what in the last 30 days, as keyed hashes.
CREATE TABLE own_questions (
    value      BLOB NOT NULL,
    person     BLOB NOT NULL,
    day        INTEGER NOT NULL,
    -- The two neighbourhoods that the value lies in; nothing where it holds no number.
    near_low   BLOB,
    near_high  BLOB,
    times      INTEGER NOT NULL,
    PRIMARY KEY (value, person, day)
) WITHOUT ROWID;

CREATE INDEX own_questions_near_low ON own_questions (person, near_low);
CREATE INDEX own_questions_near_high ON own_questions (person, near_high);

-- Identifiers of this bureau's own people, as keyed hashes.
CREATE TABLE own_identifiers (
    value    BLOB NOT NULL,
    person   BLOB NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (value, person)
) WITHOUT ROWID;

-- Counts by day for statistics. They name no person and no check.
CREATE TABLE tallies (
    side    TEXT NOT NULL,
    day     INTEGER NOT NULL,
    partner TEXT NOT NULL,
    dataset TEXT NOT NULL,
    purpose TEXT NOT NULL,
    measure TEXT NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (side, day, partner, dataset, purpose, measure)
) WITHOUT ROWID;

-- How many hits there were, sealed: of a day with one check a count is that check's outcome. A row is
-- written anew for each answer, whether there was a hit in it or not.
CREATE TABLE hit_tallies (
    day     INTEGER NOT NULL,
    partner TEXT NOT NULL,
    dataset TEXT NOT NULL,
    purpose TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (day, partner, dataset, purpose)
) WITHOUT ROWID;
