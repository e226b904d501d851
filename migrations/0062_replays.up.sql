-- Who was asked and how, but for seed and conversation: model, address, system prompt, sampling, chat template, as JSON. The same for all
-- answers of a contestant until something of it is changed, so it is kept once; `hash` is the SHA-256 of the text.
CREATE TABLE answer_setups (
    hash   bytea PRIMARY KEY,
    setup  text NOT NULL
);

-- What an answer came from, so that the same can be asked again. A table of its own: nothing that visitors read joins it.
CREATE TABLE reply_provenance (
    reply          uuid PRIMARY KEY REFERENCES replies (id) ON DELETE CASCADE,
    setup          bytea NOT NULL REFERENCES answer_setups (hash),
    -- NULL where none was sent.
    seed           bigint,
    -- SHA-256 of the conversation as it was sent, without the system prompt.
    messages_hash  bytea NOT NULL,
    -- What the answer said of who gave it: `system_fingerprint`, and the model's name. Of a worker of ours the fingerprint holds the
    -- engine's version and the SHA-256 of the model's files.
    fingerprint    text,
    model          text
);

ALTER TABLE prepared_answers
    ADD COLUMN setup bytea REFERENCES answer_setups (hash),
    ADD COLUMN asked_seed bigint,
    ADD COLUMN messages_hash bytea,
    ADD COLUMN fingerprint text,
    ADD COLUMN model text;

-- Battles whose models are asked the same again. Whichever server has room takes one; where it dies, another begins anew.
CREATE TABLE replays (
    id            uuid PRIMARY KEY,
    battle_id     uuid NOT NULL REFERENCES battles (id) ON DELETE CASCADE,
    -- Only this turn; all where it is NULL.
    turn          integer,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    -- What came of it so far.
    report        jsonb NOT NULL,
    owner         uuid,
    heartbeat_at  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz
);
CREATE INDEX replays_battle ON replays (battle_id, created_at DESC);
CREATE INDEX replays_open ON replays (created_at) WHERE state IN ('waiting', 'running');
