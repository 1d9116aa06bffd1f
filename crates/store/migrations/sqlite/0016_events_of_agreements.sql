-- Under which agreement the request is that an event is about, from when the log's entry stands for it: an
-- agreement may let it be kept for a shorter time. Events on checks, and those of before, have none.
ALTER TABLE disclosure_events ADD COLUMN agreement TEXT;

CREATE INDEX disclosure_events_of_an_agreement ON disclosure_events (agreement, recorded_at)
WHERE agreement IS NOT NULL AND record IS NOT NULL;
