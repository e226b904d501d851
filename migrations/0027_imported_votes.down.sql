-- An older version knows no imported votes: they go, and their boards with them. The names that came with them stay retired.
DELETE FROM rating_repairs WHERE kind = 'imported';
DELETE FROM elo_ratings WHERE kind = 'imported';
DELETE FROM pair_counts WHERE kind = 'imported';
DELETE FROM votes WHERE kind = 'imported';
ALTER TABLE rating_repairs DROP CONSTRAINT rating_repairs_kind_check;
ALTER TABLE rating_repairs ADD CONSTRAINT rating_repairs_kind_check CHECK (kind IN ('battle', 'side_by_side'));
ALTER TABLE elo_ratings DROP CONSTRAINT elo_ratings_kind_check;
ALTER TABLE elo_ratings ADD CONSTRAINT elo_ratings_kind_check CHECK (kind IN ('battle', 'side_by_side'));
ALTER TABLE pair_counts DROP CONSTRAINT pair_counts_kind_check;
ALTER TABLE pair_counts ADD CONSTRAINT pair_counts_kind_check CHECK (kind IN ('battle', 'side_by_side'));
ALTER TABLE votes DROP CONSTRAINT votes_kind_check;
ALTER TABLE votes ADD CONSTRAINT votes_kind_check CHECK (kind IN ('battle', 'side_by_side', 'direct'));
