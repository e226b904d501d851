-- Every vote is chained: its hash is made of what it says and of the hash before it, so that none can be removed or altered
-- without a trace. What may change later (who cast it, its comment, whether it is withdrawn) is not part of it. No reference:
-- a vote that is gone must leave its hash.
CREATE TABLE vote_hashes (
    seq      bigint PRIMARY KEY,
    vote_id  bigint NOT NULL UNIQUE,
    hash     bytea NOT NULL CHECK (length(hash) = 32)
);
