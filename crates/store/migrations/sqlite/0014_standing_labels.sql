-- Standing checks show what is released at once with their hits, and each of their hits counts once.

-- Whether a file of what opens labels lies beside the file of tags, sealed under the same key.
ALTER TABLE standing_tags ADD COLUMN has_labels INTEGER NOT NULL DEFAULT 0;
-- Which entries were counted as hits, sealed under that key; written anew for each version of the list that
-- is looked in, whether there was another hit in it or not.
ALTER TABLE standing_tags ADD COLUMN counted BLOB;

-- Hits of standing checks beside those of checks: nobody asked when they came.
CREATE TABLE hit_tallies_of_both (
    day      INTEGER NOT NULL,
    partner  TEXT NOT NULL,
    dataset  TEXT NOT NULL,
    purpose  TEXT NOT NULL,
    standing INTEGER NOT NULL,
    sealed   BLOB NOT NULL,
    PRIMARY KEY (day, partner, dataset, purpose, standing)
) WITHOUT ROWID;

INSERT INTO hit_tallies_of_both (day, partner, dataset, purpose, standing, sealed)
SELECT day, partner, dataset, purpose, 0, sealed FROM hit_tallies;

DROP TABLE hit_tallies;

ALTER TABLE hit_tallies_of_both RENAME TO hit_tallies;
