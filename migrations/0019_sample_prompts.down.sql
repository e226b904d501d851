ALTER TABLE models DROP COLUMN sample_prompts;
