-- Battles: who met, what was asked, what was answered. Deleting a battle deletes its texts with it.
CREATE TABLE battles (
    id                uuid PRIMARY KEY,
    kind              text NOT NULL CHECK (kind IN ('battle', 'side_by_side', 'direct')),
    voter_id          uuid NOT NULL REFERENCES voters (id) ON DELETE CASCADE,
    model_a           uuid NOT NULL REFERENCES models (id),
    model_b           uuid REFERENCES models (id),
    -- With what probability this ordered pair was drawn (sides included); unknown where the visitor chose.
    pair_probability  double precision CHECK (pair_probability > 0 AND pair_probability <= 1),
    -- ISO 639-1 of the first prompt ('zh', 'en', ...), 'und' when it cannot be told.
    language          text NOT NULL DEFAULT 'und',
    -- Sampling parameters given to both sides: temperature, top_p, max_tokens, ...
    parameters        jsonb NOT NULL DEFAULT '{}',
    -- Why its vote will not count: 'identity' when an answer named a model, a maker or a family.
    not_counted_because text,
    revealed_at       timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'direct') = (model_b IS NULL)),
    CHECK (model_a <> model_b)
);
CREATE INDEX battles_voter ON battles (voter_id, created_at DESC);
CREATE INDEX battles_recent ON battles (created_at DESC);

CREATE TABLE turns (
    battle_id   uuid NOT NULL REFERENCES battles (id) ON DELETE CASCADE,
    number      integer NOT NULL CHECK (number BETWEEN 1 AND 50),
    prompt      text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (battle_id, number)
);

-- One row an attempt; the newest attempt of a side is the answer, earlier ones failed or were stopped.
CREATE TABLE replies (
    id                 uuid PRIMARY KEY,
    battle_id          uuid NOT NULL,
    turn               integer NOT NULL,
    side               text NOT NULL CHECK (side IN ('a', 'b')),
    attempt            integer NOT NULL DEFAULT 1 CHECK (attempt BETWEEN 1 AND 20),
    model_id           uuid NOT NULL REFERENCES models (id),
    seed               bigint NOT NULL,
    status             text NOT NULL DEFAULT 'waiting'
                       CHECK (status IN ('waiting', 'streaming', 'done', 'failed', 'stopped', 'interrupted')),
    content            text NOT NULL DEFAULT '',
    -- How many characters (Unicode scalar values) of content the browser may see by now.
    released           integer NOT NULL DEFAULT 0,
    finish_reason      text,
    error_code         text,
    prompt_tokens      integer,
    completion_tokens  integer,
    first_token_ms     integer,
    total_ms           integer,
    -- The server process that drains the stream, and when it last said so: a stale one has died.
    owner              uuid NOT NULL,
    heartbeat_at       timestamptz NOT NULL DEFAULT now(),
    -- Written by servers that do not own the stream: somebody still reads it there, somebody pressed stop there.
    read_at            timestamptz,
    stop_requested_at  timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    finished_at        timestamptz,
    UNIQUE (battle_id, turn, side, attempt),
    FOREIGN KEY (battle_id, turn) REFERENCES turns (battle_id, number) ON DELETE CASCADE
);
CREATE INDEX replies_running ON replies (heartbeat_at) WHERE status IN ('waiting', 'streaming');
CREATE INDEX replies_model ON replies (model_id, created_at DESC);
