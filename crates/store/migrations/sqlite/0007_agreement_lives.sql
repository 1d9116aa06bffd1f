-- Every text of an agreement that this node knows, with its life. Which text is in place under an id
-- still stands in `agreements`.

CREATE TABLE agreement_texts (
    hash        BLOB PRIMARY KEY,
    id          TEXT NOT NULL,
    -- The terms with the signatures so far.
    document    TEXT NOT NULL,
    state       TEXT NOT NULL,
    since       INTEGER NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    -- Code of the bureau by which it came.
    origin      TEXT NOT NULL,
    -- 1 where nodes show it to each other; 0 where it was carried by hand, already whole.
    exchanged   INTEGER NOT NULL,
    -- When keys, sets and tags under it were destroyed, once it was over.
    destroyed_at INTEGER
);

CREATE INDEX agreement_texts_of_an_id ON agreement_texts (id);

INSERT INTO agreement_texts (hash, id, document, state, since, valid_from, valid_until, origin,
    exchanged)
SELECT hash, id, document, 'countersigned', installed_at,
    COALESCE(unixepoch(json_extract(document, '$.agreement.valid_from')), 0),
    COALESCE(unixepoch(json_extract(document, '$.agreement.valid_until')), 0),
    '', 0
FROM agreements;

-- What has happened to each text, in order.
CREATE TABLE agreement_history (
    hash     BLOB NOT NULL REFERENCES agreement_texts (hash),
    position INTEGER NOT NULL,
    step     TEXT NOT NULL,
    -- The state after it.
    state    TEXT NOT NULL,
    -- The party whose step it was, and the person of this bureau, where there is one.
    party    TEXT,
    person   TEXT,
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (hash, position)
);

-- Who holds a text suspended now.
CREATE TABLE agreement_suspensions (
    hash   BLOB NOT NULL REFERENCES agreement_texts (hash),
    party  TEXT NOT NULL,
    person TEXT,
    reason TEXT NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (hash, party)
);

-- Signed word of parties, this bureau's own among them.
CREATE TABLE agreement_notices (
    hash       BLOB NOT NULL REFERENCES agreement_texts (hash),
    issuer     TEXT NOT NULL,
    counter    INTEGER NOT NULL,
    step       TEXT NOT NULL,
    document   BLOB NOT NULL,
    public_key BLOB NOT NULL,
    signature  BLOB NOT NULL,
    kept_at    INTEGER NOT NULL,
    PRIMARY KEY (hash, issuer, counter)
);

-- What each other party is known to hold of a text: a digest of signers and notices.
CREATE TABLE agreement_deliveries (
    hash     BLOB NOT NULL REFERENCES agreement_texts (hash),
    party    TEXT NOT NULL,
    held     BLOB NOT NULL,
    known_at INTEGER NOT NULL,
    PRIMARY KEY (hash, party)
);

-- What was proposed inside this bureau and waits for a second person. It goes when it is carried
-- out, so that one approval serves once.
CREATE TABLE agreement_intents (
    hash   BLOB NOT NULL REFERENCES agreement_texts (hash),
    act    TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (hash, act)
);

-- Bureaus whose card was compared by voice: enough to agree with them, and for nothing else.
CREATE TABLE contacts (
    code        TEXT PRIMARY KEY,
    card        TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    added_by    TEXT NOT NULL,
    added_at    INTEGER NOT NULL
);
