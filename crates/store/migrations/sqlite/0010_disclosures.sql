-- Requests for records after hits: what this bureau decides on, and what it has asked for.

-- Bytes 16..32 of each output, for all elements of a check, in order: whatever hit, so that what is
-- stored tells nothing of it. Sealed under the node's key-encryption key.
CREATE TABLE asked_claims (
    check_id    BLOB NOT NULL,
    owner       TEXT NOT NULL,
    agreement   TEXT NOT NULL,
    scope_index INTEGER NOT NULL,
    sealed      BLOB NOT NULL,
    PRIMARY KEY (check_id, owner, agreement, scope_index)
);

CREATE TABLE disclosures (
    -- `owner`: a partner asks for a record of ours. `requester`: we ask for one of a partner.
    side         TEXT NOT NULL,
    -- SHA-256 of the signed request.
    request_hash BLOB NOT NULL,
    request_id   BLOB NOT NULL,
    partner      TEXT NOT NULL,
    agreement    TEXT NOT NULL,
    check_id     BLOB NOT NULL,
    state        TEXT NOT NULL,
    -- One more with each change: who changes what he has not seen last is refused.
    version      INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    -- When what is sealed must be gone, where a release says so.
    erase_at     INTEGER,
    -- The request with its identifier, facts and decision: sealed under the node's key-encryption
    -- key; nothing once it was erased.
    sealed       BLOB,
    PRIMARY KEY (side, request_hash)
);

CREATE INDEX disclosures_by_request ON disclosures (side, partner, agreement, request_id);
CREATE INDEX disclosures_by_state ON disclosures (side, state);

-- What happened to requests. Not entries of the log, whose growth must not depend on hits: each
-- entry for a period stands for all events since the one before, or for none.
CREATE TABLE disclosure_events (
    event_index INTEGER PRIMARY KEY,
    leaf_hash   BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    -- Erased as those of log entries are.
    salt        BLOB,
    record      BLOB,
    -- The log entry that stands for it, once there is one.
    entry_index INTEGER
);

CREATE INDEX disclosure_events_of_an_entry ON disclosure_events (entry_index);

CREATE TRIGGER disclosure_events_are_only_appended BEFORE INSERT ON disclosure_events
WHEN NEW.event_index IS NOT (SELECT COALESCE(MAX(event_index) + 1, 0) FROM disclosure_events)
BEGIN
    SELECT RAISE(ABORT, 'disclosure events are only appended');
END;

CREATE TRIGGER disclosure_events_stay BEFORE DELETE ON disclosure_events
BEGIN
    SELECT RAISE(ABORT, 'disclosure events are never removed');
END;

CREATE TRIGGER disclosure_events_do_not_change BEFORE UPDATE ON disclosure_events
WHEN NEW.event_index IS NOT OLD.event_index
  OR NEW.leaf_hash IS NOT OLD.leaf_hash
  OR NEW.recorded_at IS NOT OLD.recorded_at
  OR (NEW.salt IS NOT OLD.salt AND NEW.salt IS NOT NULL)
  OR (NEW.record IS NOT OLD.record AND NEW.record IS NOT NULL)
  OR (OLD.entry_index IS NOT NULL AND NEW.entry_index IS NOT OLD.entry_index)
BEGIN
    SELECT RAISE(ABORT, 'of a disclosure event only record and salt may be erased');
END;

-- The last period for which the log has its entry, in whole cadences since 1970 UTC; one row.
CREATE TABLE disclosure_periods (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    ended  INTEGER NOT NULL
);
