ALTER TABLE battles DROP COLUMN system_prompt;
ALTER TABLE models
    DROP COLUMN system_prompt,
    DROP COLUMN temperature,
    DROP COLUMN top_p,
    DROP COLUMN top_k,
    DROP COLUMN min_p,
    DROP COLUMN repetition_penalty,
    DROP COLUMN fixed_seed;
