-- How a contestant answers is part of it: the same weights with another system prompt or other settings compete as another one.
-- What is NULL is as battles usually have it.
ALTER TABLE models
    ADD COLUMN system_prompt text NOT NULL DEFAULT '',
    ADD COLUMN temperature double precision,
    ADD COLUMN top_p double precision,
    ADD COLUMN top_k bigint,
    ADD COLUMN min_p double precision,
    ADD COLUMN repetition_penalty double precision,
    ADD COLUMN fixed_seed bigint;
-- What a visitor of a named chat tells the models to be.
ALTER TABLE battles ADD COLUMN system_prompt text NOT NULL DEFAULT '';
