-- Need-to-know, approvals that are used up, and bounds on what a partner can make this bureau keep.

-- Checks that a person may follow up in place of, or beside, whoever asked them.
CREATE TABLE check_handovers (
    check_id BLOB NOT NULL,
    -- SPIFFE identity of who took it over, and of the approver who handed it over.
    person   TEXT NOT NULL,
    given_by TEXT NOT NULL,
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (check_id, person)
) WITHOUT ROWID;

-- Approvals of before named no asker and held for any number of questions. They ended within 30 days
-- anyway; approvers approve anew.
DROP TABLE check_approvals;

CREATE TABLE check_approvals (
    -- Which case: HMAC-SHA-256 of its reference, under a key derived from the key-encryption key.
    case_code     BLOB NOT NULL,
    purpose       TEXT NOT NULL,
    -- SPIFFE identities.
    asker         TEXT NOT NULL,
    approver      TEXT NOT NULL,
    -- The certificate by which it was approved: it ends when that is revoked.
    certificate   BLOB NOT NULL,
    -- Names of identifier types, separated by commas; empty for every type.
    types         TEXT NOT NULL,
    -- How many identifiers may still be asked.
    elements_left INTEGER NOT NULL,
    approved_at   INTEGER NOT NULL,
    valid_until   INTEGER NOT NULL,
    PRIMARY KEY (case_code, purpose, asker, approver)
) WITHOUT ROWID;

-- Who had approved a check when it was recorded: what counts when it is repeated.
CREATE TABLE check_approvals_used (
    check_id    BLOB NOT NULL,
    approver    TEXT NOT NULL,
    certificate BLOB NOT NULL,
    valid_until INTEGER NOT NULL,
    PRIMARY KEY (check_id, approver)
) WITHOUT ROWID;

-- How often an admitted check was asked again.
ALTER TABLE answered_checks ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;

-- Checks of a partner that were refused in an hour. Beyond some, they have one entry together.
CREATE TABLE refusals_by_hour (
    partner TEXT NOT NULL,
    -- Hours since 1970 UTC.
    hour    INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    -- With an entry of their own in the log.
    logged  INTEGER NOT NULL,
    -- Without.
    summed  INTEGER NOT NULL,
    PRIMARY KEY (partner, hour, reason)
) WITHOUT ROWID;

-- How often its owner did not prove a checkpoint although it answered.
ALTER TABLE checkpoints ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;

-- Up to when was erased what an agreement keeps for a shorter time than this node does.
CREATE TABLE agreement_erasures (
    agreement TEXT PRIMARY KEY,
    before    INTEGER NOT NULL
) WITHOUT ROWID;
