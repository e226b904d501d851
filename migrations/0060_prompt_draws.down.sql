DROP FUNCTION count_prompt_tags;
DROP TABLE prompt_set_tags;
DROP TRIGGER prepared_answers_counted ON prepared_answers;
DROP FUNCTION count_prepared_answers;
DROP INDEX prepared_answers_open;
ALTER TABLE set_prompts DROP COLUMN shuffle, DROP COLUMN is_offered, DROP COLUMN is_short, DROP COLUMN answers;
DROP INDEX set_prompts_position;
