-- Votes out of files have a kind of their own, and boards of their own.
ALTER TABLE votes DROP CONSTRAINT votes_kind_check;
ALTER TABLE votes ADD CONSTRAINT votes_kind_check CHECK (kind IN ('battle', 'side_by_side', 'direct', 'imported'));
ALTER TABLE pair_counts DROP CONSTRAINT pair_counts_kind_check;
ALTER TABLE pair_counts ADD CONSTRAINT pair_counts_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported'));
ALTER TABLE elo_ratings DROP CONSTRAINT elo_ratings_kind_check;
ALTER TABLE elo_ratings ADD CONSTRAINT elo_ratings_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported'));
ALTER TABLE rating_repairs DROP CONSTRAINT rating_repairs_kind_check;
ALTER TABLE rating_repairs ADD CONSTRAINT rating_repairs_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported'));
