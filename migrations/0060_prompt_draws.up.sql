-- Twenty thousand prompts that forty models have answered cost a visitor no more than ten: prompts are drawn at a random key by an
-- index, and what used to be counted at each look is kept.
ALTER TABLE set_prompts
    -- Where a draw finds it.
    ADD COLUMN shuffle double precision NOT NULL DEFAULT random(),
    -- As its set says.
    ADD COLUMN is_offered boolean NOT NULL DEFAULT true,
    -- Whether it can be shown as a suggestion.
    ADD COLUMN is_short boolean NOT NULL GENERATED ALWAYS AS (char_length(prompt) <= 160) STORED,
    -- How many models have answered it.
    ADD COLUMN answers integer NOT NULL DEFAULT 0;
UPDATE set_prompts p SET is_offered = s.is_offered,
    answers = (SELECT count(*) FROM prepared_answers a WHERE a.set_prompt = p.id AND a.status = 'done')
FROM prompt_sets s WHERE s.id = p.prompt_set;
CREATE INDEX set_prompts_draw ON set_prompts (language, shuffle) WHERE is_offered;
CREATE INDEX set_prompts_suggest ON set_prompts (language, shuffle) WHERE is_offered AND is_short;
CREATE INDEX set_prompts_ready ON set_prompts (language, shuffle) WHERE is_offered AND answers > 1;
CREATE UNIQUE INDEX set_prompts_position ON set_prompts (position);
CREATE INDEX prepared_answers_open ON prepared_answers (set_prompt) WHERE status <> 'done';

-- Answers go with their model too: only the table itself sees all of it.
CREATE FUNCTION count_prepared_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status = 'done' THEN
        UPDATE set_prompts SET answers = answers - 1 WHERE id = OLD.set_prompt;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status = 'done' THEN
        UPDATE set_prompts SET answers = answers + 1 WHERE id = NEW.set_prompt;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER prepared_answers_counted AFTER INSERT OR DELETE OR UPDATE OF status ON prepared_answers
    FOR EACH ROW EXECUTE FUNCTION count_prepared_answers();

-- The themes of each set and how many prompts have them, the most frequent.
CREATE TABLE prompt_set_tags (
    prompt_set  uuid NOT NULL REFERENCES prompt_sets (id) ON DELETE CASCADE,
    tag         text NOT NULL,
    prompts     integer NOT NULL,
    PRIMARY KEY (prompt_set, tag)
);
CREATE FUNCTION count_prompt_tags(changed uuid) RETURNS void LANGUAGE sql AS $$
    DELETE FROM prompt_set_tags WHERE prompt_set = changed;
    INSERT INTO prompt_set_tags (prompt_set, tag, prompts)
    SELECT changed, tag, count(*) FROM set_prompts, unnest(tags) AS tag WHERE prompt_set = changed
    GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 50;
$$;
SELECT count_prompt_tags(id) FROM prompt_sets;
