-- The tree over the log's leaves, and what is known of partners' logs.

-- Hashes of complete subtrees of 2^level leaves, from level 1 up; the leaves themselves are in
-- log_entries. Made of them when a database of before is opened.
CREATE TABLE log_nodes (
    level    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    PRIMARY KEY (level, position)
) WITHOUT ROWID;

CREATE TRIGGER log_nodes_stay BEFORE DELETE ON log_nodes
BEGIN
    SELECT RAISE(ABORT, 'nodes of the log are never removed');
END;

CREATE TRIGGER log_nodes_do_not_change BEFORE UPDATE ON log_nodes
BEGIN
    SELECT RAISE(ABORT, 'nodes of the log never change');
END;

-- Checkpoints of logs, ours and others', as signed notes. A log is told apart by its bureau and its
-- key: a bureau that changes its log key begins another log as far as others can tell.
CREATE TABLE checkpoints (
    bureau     TEXT NOT NULL,
    log_key    BLOB NOT NULL,
    size       INTEGER NOT NULL,
    root       BLOB NOT NULL,
    -- The signed note, with the cosignatures that came with it.
    note       BLOB NOT NULL,
    -- Whose word it came by: the bureau itself, or one that passed it on.
    source     TEXT NOT NULL,
    seen_at    INTEGER NOT NULL,
    -- When it was proven consistent with those before; NULL until then.
    agreed_at  INTEGER,
    -- Two roots for one size are a fork, and both are evidence.
    PRIMARY KEY (bureau, log_key, size, root)
);

-- What contradicts itself in a log, found once and kept for good.
CREATE TABLE log_faults (
    bureau      TEXT NOT NULL,
    log_key     BLOB NOT NULL,
    kind        TEXT NOT NULL,
    -- The last checkpoint that was agreed, and the note that contradicts it.
    agreed_size INTEGER NOT NULL,
    agreed_note BLOB NOT NULL,
    note        BLOB NOT NULL,
    found_at    INTEGER NOT NULL,
    -- One contradiction of a kind with an agreed checkpoint is evidence enough.
    PRIMARY KEY (bureau, log_key, kind, agreed_size)
);
