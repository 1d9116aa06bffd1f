-- What is erased is looked for by its age, among what is left and not among all that ever was.
CREATE INDEX log_entries_by_age ON log_entries (recorded_at) WHERE record IS NOT NULL;
CREATE INDEX asked_checks_by_age ON asked_checks (asked_at);
CREATE INDEX answered_checks_by_age ON answered_checks (admitted_at);

-- The few entries of which the newest is looked for again and again, so that nobody has to go back through the
-- log for it, and through all of it where there is none.
CREATE INDEX log_entries_on_rules ON log_entries (entry_index)
WHERE instr(record, CAST('"event":"rules_adopted"' AS BLOB)) > 0;
CREATE INDEX log_entries_on_erasures ON log_entries (entry_index)
WHERE instr(record, CAST('"event":"records_erased"' AS BLOB)) > 0;

-- An event has its request's agreement from when it is written. Those that wait for their entry were written before
-- that: a request is named by its id, and of one that two partners have chosen it stays unknown.
UPDATE disclosure_events SET agreement = (
    SELECT CASE WHEN COUNT(DISTINCT d.agreement) = 1 THEN MAX(d.agreement) END
    FROM disclosures d
    WHERE instr(record, CAST('"request":"' || lower(hex(d.request_id)) || '"' AS BLOB)) > 0)
WHERE entry_index IS NULL AND agreement IS NULL;
