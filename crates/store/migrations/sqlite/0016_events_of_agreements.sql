-- Under which agreement the request is that an event is about: an agreement may let it be kept for a shorter
-- time. Events on checks, and those of before, have none.
ALTER TABLE disclosure_events ADD COLUMN agreement TEXT;

CREATE INDEX disclosure_events_of_an_agreement ON disclosure_events (agreement, recorded_at)
WHERE agreement IS NOT NULL AND record IS NOT NULL;

-- What is erased is looked for by its age.
CREATE INDEX log_entries_by_age ON log_entries (recorded_at);
