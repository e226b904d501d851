-- Votes, and what is computed from them in the vote's own transaction.

-- battle_id is unique: a battle counts once whatever is clicked, reloaded or replayed. It is not a foreign key, because
-- deleting a battle deletes its texts and unties the vote from its voter, and leaves the vote.
CREATE TABLE votes (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    battle_id            uuid NOT NULL UNIQUE,
    voter_id             uuid REFERENCES voters (id) ON DELETE SET NULL,
    kind                 text NOT NULL CHECK (kind IN ('battle', 'side_by_side', 'direct')),
    language             text NOT NULL,
    model_a              uuid NOT NULL REFERENCES models (id),
    model_b              uuid REFERENCES models (id),
    choice               text NOT NULL CHECK (choice IN ('a', 'b', 'tie', 'both_bad', 'up', 'down')),
    reasons              text[] NOT NULL DEFAULT '{}',
    comment              text NOT NULL DEFAULT '' CHECK (char_length(comment) <= 2000),
    turns                integer NOT NULL DEFAULT 1,
    not_counted_because  text,
    withdrawn_at         timestamptz,
    withdrawn_by         uuid REFERENCES admins (id) ON DELETE SET NULL,
    -- Keyed hash of the address, for rate limits and anomaly tests; never the address.
    address_hash         bytea,
    created_at           timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'direct') = (choice IN ('up', 'down'))),
    CHECK ((kind = 'direct') = (model_b IS NULL))
);
CREATE INDEX votes_voter ON votes (voter_id, created_at DESC);
CREATE INDEX votes_recent ON votes (created_at DESC);

-- Counted votes of each unordered pair; model_low < model_high.
CREATE TABLE pair_counts (
    kind        text NOT NULL CHECK (kind IN ('battle', 'side_by_side')),
    language    text NOT NULL,
    model_low   uuid NOT NULL REFERENCES models (id),
    model_high  uuid NOT NULL REFERENCES models (id),
    wins_low    bigint NOT NULL DEFAULT 0 CHECK (wins_low >= 0),
    wins_high   bigint NOT NULL DEFAULT 0 CHECK (wins_high >= 0),
    ties        bigint NOT NULL DEFAULT 0 CHECK (ties >= 0),
    both_bad    bigint NOT NULL DEFAULT 0 CHECK (both_bad >= 0),
    PRIMARY KEY (kind, language, model_low, model_high),
    CHECK (model_low < model_high)
);

-- Online Elo of each board. Language '*' is the board over all languages.
CREATE TABLE elo_ratings (
    kind        text NOT NULL CHECK (kind IN ('battle', 'side_by_side')),
    language    text NOT NULL,
    model_id    uuid NOT NULL REFERENCES models (id),
    rating      double precision NOT NULL,
    PRIMARY KEY (kind, language, model_id)
);
