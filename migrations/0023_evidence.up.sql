-- How the two models of a blind battle came together: drawn among all, drawn among pairs of clearly different size, or one
-- chosen by the visitor and the other drawn. Which one was chosen is kept, so that a redraw leaves it where it is.
ALTER TABLE battles
    ADD COLUMN mode text NOT NULL DEFAULT 'random' CHECK (mode IN ('random', 'sizes', 'chosen')),
    ADD COLUMN chosen_model uuid REFERENCES models (id),
    ADD CONSTRAINT battles_chosen_model CHECK ((mode = 'chosen') = (chosen_model IS NOT NULL));

-- A battle may be deleted and its vote stays: with it stays how its pair was drawn, and with what probability.
ALTER TABLE votes ADD COLUMN mode text, ADD COLUMN pair_probability double precision;
CREATE FUNCTION keep_draw_of_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT battles.mode, battles.pair_probability INTO NEW.mode, NEW.pair_probability
    FROM battles WHERE battles.id = NEW.battle_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER votes_keep_draw BEFORE INSERT ON votes
    FOR EACH ROW WHEN (NEW.mode IS NULL) EXECUTE FUNCTION keep_draw_of_vote();
UPDATE votes SET mode = battles.mode, pair_probability = battles.pair_probability
FROM battles WHERE battles.id = votes.battle_id;

-- What a model is made of, besides its base and its quantisation.
ALTER TABLE models
    ADD COLUMN adapter text NOT NULL DEFAULT '',
    ADD COLUMN chat_template text NOT NULL DEFAULT '';

-- Ratings as they stood at the end of each day (UTC) that has counted votes, out of all votes up to then. Everything here
-- is computed from the votes; where those of a day, or how ratings are measured, are no longer what they were computed from,
-- that day and all later ones are computed anew.
CREATE TABLE rating_days (
    kind      text NOT NULL CHECK (kind IN ('battle', 'side_by_side')),
    day       date NOT NULL,
    -- The day's counted votes: how many, and the sum of their numbers.
    votes     bigint NOT NULL,
    numbers   bigint NOT NULL,
    measured  text NOT NULL,
    PRIMARY KEY (kind, day)
);
CREATE TABLE rating_history (
    kind      text NOT NULL,
    day       date NOT NULL,
    model_id  uuid NOT NULL REFERENCES models (id),
    -- Nothing where the votes do not compare it with the others, or too few people voted to tell.
    rating    double precision,
    margin    double precision,
    -- Of this model, up to the end of the day.
    votes     bigint NOT NULL,
    PRIMARY KEY (kind, day, model_id),
    FOREIGN KEY (kind, day) REFERENCES rating_days (kind, day) ON DELETE CASCADE
);
CREATE INDEX rating_history_model ON rating_history (model_id, kind, day);

-- Few voters tick reasons; those who did are found without a look at all others.
CREATE INDEX votes_with_reasons ON votes (kind, model_a, model_b) WHERE reasons <> '{}';
-- So are those who chose a model.
CREATE INDEX votes_chosen ON votes (model_a, model_b) WHERE mode = 'chosen';
