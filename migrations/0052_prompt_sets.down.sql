ALTER TABLE battles DROP COLUMN set_prompt, DROP COLUMN prompt_set, DROP COLUMN is_prepared;
DROP TABLE prepared_answers;
DROP TABLE set_prompts;
DROP TABLE prompt_sets;
