-- How often a model's rating on a board was set. The sum over a board only ever grows, so that it tells whether a
-- computed leaderboard is still current; and it needs no row that every vote would have to wait for.
ALTER TABLE elo_ratings ADD COLUMN changes bigint NOT NULL DEFAULT 0 CHECK (changes >= 0);

-- Replays walk through one kind's counted votes in the order in which they were applied.
CREATE INDEX votes_counted ON votes (kind, id) WHERE not_counted_because IS NULL AND withdrawn_at IS NULL;
