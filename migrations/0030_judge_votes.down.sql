-- An older version knows no judges: their votes go, and their boards with them.
DROP TABLE judged_votes;
DROP TABLE judgings;
DELETE FROM rating_repairs WHERE kind = 'judge';
DELETE FROM elo_ratings WHERE kind = 'judge';
DELETE FROM pair_counts WHERE kind = 'judge';
DELETE FROM votes WHERE kind = 'judge';
ALTER TABLE rating_repairs DROP CONSTRAINT rating_repairs_kind_check;
ALTER TABLE rating_repairs ADD CONSTRAINT rating_repairs_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported'));
ALTER TABLE elo_ratings DROP CONSTRAINT elo_ratings_kind_check;
ALTER TABLE elo_ratings ADD CONSTRAINT elo_ratings_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported'));
ALTER TABLE pair_counts DROP CONSTRAINT pair_counts_kind_check;
ALTER TABLE pair_counts ADD CONSTRAINT pair_counts_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported'));
ALTER TABLE votes DROP CONSTRAINT votes_kind_check;
ALTER TABLE votes ADD CONSTRAINT votes_kind_check CHECK (kind IN ('battle', 'side_by_side', 'direct', 'imported'));
