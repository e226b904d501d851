-- Votes of language models have a kind of their own, and boards of their own: they are never mixed with people's.
ALTER TABLE votes DROP CONSTRAINT votes_kind_check;
ALTER TABLE votes ADD CONSTRAINT votes_kind_check CHECK (kind IN ('battle', 'side_by_side', 'direct', 'imported', 'judge'));
ALTER TABLE pair_counts DROP CONSTRAINT pair_counts_kind_check;
ALTER TABLE pair_counts ADD CONSTRAINT pair_counts_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported', 'judge'));
ALTER TABLE elo_ratings DROP CONSTRAINT elo_ratings_kind_check;
ALTER TABLE elo_ratings ADD CONSTRAINT elo_ratings_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported', 'judge'));
ALTER TABLE rating_repairs DROP CONSTRAINT rating_repairs_kind_check;
ALTER TABLE rating_repairs ADD CONSTRAINT rating_repairs_kind_check CHECK (kind IN ('battle', 'side_by_side', 'imported', 'judge'));

-- What came of one file of `mixtral judge`.
CREATE TABLE judgings (
    id          uuid PRIMARY KEY,
    judge       text NOT NULL,
    mode        text NOT NULL CHECK (mode IN ('scores', 'pairs')),
    -- The file's name.
    name        text NOT NULL,
    -- Position and length bias with their intervals, as they were computed when it came.
    bias        jsonb NOT NULL,
    created_by  uuid REFERENCES admins (id) ON DELETE SET NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- Which judging a vote is of. `people_battle` is the battle whose two answers it is about, where people could vote on them too;
-- no reference, as that battle may be deleted and its vote stays.
CREATE TABLE judged_votes (
    vote_id        bigint PRIMARY KEY REFERENCES votes (id) ON DELETE CASCADE,
    judging        uuid NOT NULL REFERENCES judgings (id) ON DELETE CASCADE,
    people_battle  uuid
);
CREATE INDEX judged_votes_judging ON judged_votes (judging);
