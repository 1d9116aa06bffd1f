-- What is erased is looked for by its age, among what is left and not among all that ever was.
DROP INDEX log_entries_by_age;
CREATE INDEX log_entries_by_age ON log_entries (recorded_at) WHERE record IS NOT NULL;
CREATE INDEX asked_checks_by_age ON asked_checks (asked_at);
CREATE INDEX answered_checks_by_age ON answered_checks (admitted_at);

-- The few entries of which the newest is looked for again and again, so that nobody has to go back through the
-- log for it, and through all of it where there is none.
CREATE INDEX log_entries_on_rules ON log_entries (entry_index)
WHERE instr(record, CAST('"event":"rules_adopted"' AS BLOB)) > 0;
CREATE INDEX log_entries_on_erasures ON log_entries (entry_index)
WHERE instr(record, CAST('"event":"records_erased"' AS BLOB)) > 0;
