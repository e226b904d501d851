ALTER TABLE models
    DROP CONSTRAINT models_connect_seconds_check,
    DROP CONSTRAINT models_first_token_seconds_check,
    DROP CONSTRAINT models_between_tokens_seconds_check,
    ALTER COLUMN connect_seconds DROP DEFAULT,
    ALTER COLUMN first_token_seconds DROP DEFAULT,
    ALTER COLUMN between_tokens_seconds DROP DEFAULT,
    ALTER COLUMN connect_seconds TYPE integer USING round(connect_seconds * 1000)::integer,
    ALTER COLUMN first_token_seconds TYPE integer USING round(first_token_seconds * 1000)::integer,
    ALTER COLUMN between_tokens_seconds TYPE integer USING round(between_tokens_seconds * 1000)::integer;
ALTER TABLE models RENAME COLUMN connect_seconds TO connect_ms;
ALTER TABLE models RENAME COLUMN first_token_seconds TO first_token_ms;
ALTER TABLE models RENAME COLUMN between_tokens_seconds TO between_tokens_ms;
ALTER TABLE models
    ALTER COLUMN connect_ms SET DEFAULT 5000,
    ALTER COLUMN first_token_ms SET DEFAULT 120000,
    ALTER COLUMN between_tokens_ms SET DEFAULT 30000,
    ADD CHECK (connect_ms BETWEEN 100 AND 600000),
    ADD CHECK (first_token_ms BETWEEN 100 AND 3600000),
    ADD CHECK (between_tokens_ms BETWEEN 100 AND 3600000);
