DROP INDEX votes_chosen;
DROP INDEX votes_with_reasons;
DROP TABLE rating_history;
DROP TABLE rating_days;
ALTER TABLE models DROP COLUMN adapter, DROP COLUMN chat_template;
DROP TRIGGER votes_keep_draw ON votes;
DROP FUNCTION keep_draw_of_vote();
ALTER TABLE votes DROP COLUMN mode, DROP COLUMN pair_probability;
ALTER TABLE battles DROP COLUMN mode, DROP COLUMN chosen_model;
