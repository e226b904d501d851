-- As the API calls it: why a vote is left out of the ratings.
ALTER TABLE battles RENAME COLUMN not_counted_because TO exclusion_reason;
ALTER TABLE votes RENAME COLUMN not_counted_because TO exclusion_reason;
