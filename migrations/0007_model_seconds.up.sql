-- One name and one unit for each setting of a model, here as in forms and in the API.
ALTER TABLE models
    DROP CONSTRAINT models_connect_ms_check,
    DROP CONSTRAINT models_first_token_ms_check,
    DROP CONSTRAINT models_between_tokens_ms_check,
    ALTER COLUMN connect_ms DROP DEFAULT,
    ALTER COLUMN first_token_ms DROP DEFAULT,
    ALTER COLUMN between_tokens_ms DROP DEFAULT,
    ALTER COLUMN connect_ms TYPE double precision USING connect_ms / 1000.0,
    ALTER COLUMN first_token_ms TYPE double precision USING first_token_ms / 1000.0,
    ALTER COLUMN between_tokens_ms TYPE double precision USING between_tokens_ms / 1000.0;
ALTER TABLE models RENAME COLUMN connect_ms TO connect_seconds;
ALTER TABLE models RENAME COLUMN first_token_ms TO first_token_seconds;
ALTER TABLE models RENAME COLUMN between_tokens_ms TO between_tokens_seconds;
ALTER TABLE models
    ALTER COLUMN connect_seconds SET DEFAULT 5,
    ALTER COLUMN first_token_seconds SET DEFAULT 120,
    ALTER COLUMN between_tokens_seconds SET DEFAULT 30,
    ADD CHECK (connect_seconds BETWEEN 0.1 AND 600),
    ADD CHECK (first_token_seconds BETWEEN 0.1 AND 3600),
    ADD CHECK (between_tokens_seconds BETWEEN 0.1 AND 3600);
