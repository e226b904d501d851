-- Sets of prompts that administrators keep. Visitors are offered them; models may answer them beforehand, so that a visitor votes
-- at once.
CREATE TABLE prompt_sets (
    id           uuid PRIMARY KEY,
    name         text NOT NULL UNIQUE,
    -- Whether visitors are offered its prompts.
    is_offered   boolean NOT NULL DEFAULT true,
    -- Whether all models answer its prompts beforehand.
    is_prepared  boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE set_prompts (
    id          uuid PRIMARY KEY,
    prompt_set  uuid NOT NULL REFERENCES prompt_sets (id) ON DELETE CASCADE,
    -- The order of the file that they came in.
    position    bigint GENERATED ALWAYS AS IDENTITY,
    prompt      text NOT NULL,
    -- ISO 639-1, 'und' when it cannot be told.
    language    text NOT NULL,
    -- Themes.
    tags        text[] NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX set_prompts_once ON set_prompts (prompt_set, md5(prompt));
CREATE INDEX set_prompts_prompt ON set_prompts (md5(prompt));

-- Answers that were generated before anybody asked: one a prompt and model.
CREATE TABLE prepared_answers (
    set_prompt         uuid NOT NULL REFERENCES set_prompts (id) ON DELETE CASCADE,
    model_id           uuid NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    -- What the contestant was when it answered, hashed: answers of what it no longer is are generated anew.
    contestant         text NOT NULL,
    status             text NOT NULL CHECK (status IN ('running', 'done', 'failed')),
    seed               bigint NOT NULL,
    content            text NOT NULL DEFAULT '',
    finish_reason      text,
    error_code         text,
    prompt_tokens      integer,
    completion_tokens  integer,
    attempts           integer NOT NULL DEFAULT 1,
    -- The server that has it generated, and when it last said so: a stale one has died.
    owner              uuid NOT NULL,
    heartbeat_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (set_prompt, model_id)
);

-- The set that a battle's prompt is of, by the name that it had; and whether its first answers were there beforehand.
ALTER TABLE battles
    ADD COLUMN set_prompt uuid REFERENCES set_prompts (id) ON DELETE SET NULL,
    ADD COLUMN prompt_set text NOT NULL DEFAULT '',
    ADD COLUMN is_prepared boolean NOT NULL DEFAULT false;
CREATE INDEX battles_set_prompt ON battles (set_prompt, voter_id) WHERE set_prompt IS NOT NULL;
