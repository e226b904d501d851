DROP INDEX votes_counted;
ALTER TABLE elo_ratings DROP COLUMN changes;
