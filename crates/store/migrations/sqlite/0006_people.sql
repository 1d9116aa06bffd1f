-- The people of this bureau: their certificates, what they are told apart by each day, and what they
-- have approved.

-- Certificates under the bureau's own root that the program has issued or revoked.
CREATE TABLE person_certificates (
    -- SHA-256 of the certificate, DER.
    certificate BLOB PRIMARY KEY,
    -- SPIFFE identity of the holder.
    holder      TEXT NOT NULL,
    -- Codes of the roles in it, separated by commas.
    roles       TEXT NOT NULL,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    revoked_at  INTEGER,
    -- Why it was revoked.
    reason      TEXT,
    CHECK ((revoked_at IS NULL) = (reason IS NULL))
);

CREATE INDEX person_certificates_of_a_holder ON person_certificates (holder);

-- What is logged once a day (UTC) for each identity, however often it happens.
CREATE TABLE days_of_people (
    -- Days since 1970-01-01.
    day    INTEGER NOT NULL,
    -- SPIFFE identity.
    person TEXT NOT NULL,
    -- What happened: "log_in", or what was refused.
    note   TEXT NOT NULL,
    PRIMARY KEY (day, person, note)
) WITHOUT ROWID;

-- Questions that a person other than the asker has approved.
CREATE TABLE check_approvals (
    -- Which case: HMAC-SHA-256 of its reference, under a key derived from the key-encryption key.
    case_code     BLOB NOT NULL,
    purpose       TEXT NOT NULL,
    -- SPIFFE identity.
    approver      TEXT NOT NULL,
    -- For questions of at most so many identifiers.
    most_elements INTEGER NOT NULL,
    approved_at   INTEGER NOT NULL,
    valid_until   INTEGER NOT NULL,
    PRIMARY KEY (case_code, purpose, approver)
) WITHOUT ROWID;
