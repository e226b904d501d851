ALTER TABLE votes RENAME COLUMN exclusion_reason TO not_counted_because;
ALTER TABLE battles RENAME COLUMN exclusion_reason TO not_counted_because;
