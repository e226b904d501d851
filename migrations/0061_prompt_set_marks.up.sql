-- A vote keeps which set its prompt was of, and whether its answers were there beforehand: the battle may be deleted. Lists and files
-- are filtered by the set.
ALTER TABLE votes
    ADD COLUMN prompt_set text NOT NULL DEFAULT '',
    ADD COLUMN is_prepared boolean NOT NULL DEFAULT false;
UPDATE votes SET prompt_set = battles.prompt_set, is_prepared = battles.is_prepared
FROM battles WHERE battles.id = votes.battle_id AND battles.prompt_set <> '';
CREATE OR REPLACE FUNCTION keep_draw_of_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT battles.mode, battles.pair_probability, battles.prompt_set, battles.is_prepared
    INTO NEW.mode, NEW.pair_probability, NEW.prompt_set, NEW.is_prepared
    FROM battles WHERE battles.id = NEW.battle_id;
    IF NOT FOUND THEN
        NEW.prompt_set := '';
        NEW.is_prepared := false;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE FUNCTION vote_matches(v votes, f jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (f ->> 'pattern' IS NULL OR v.comment ILIKE (f ->> 'pattern'))
        AND (f ->> 'battle' IS NULL OR v.battle_id = (f ->> 'battle')::uuid)
        AND (f ->> 'voter' IS NULL OR v.voter_id = (f ->> 'voter')::uuid OR v.voter_group = (f ->> 'voter')::uuid)
        AND (f ->> 'address' IS NULL OR v.address_hash = decode(f ->> 'address', 'hex'))
        AND (f ->> 'model' IS NULL OR v.model_a = (f ->> 'model')::uuid OR v.model_b = (f ->> 'model')::uuid)
        AND (f ->> 'kind' IS NULL OR v.kind = f ->> 'kind')
        AND (f ->> 'language' IS NULL OR v.language = f ->> 'language')
        AND (f ->> 'choice' IS NULL OR v.choice = f ->> 'choice')
        AND (f ->> 'state' IS NULL OR vote_state(v) = f ->> 'state')
        AND (f ->> 'from' IS NULL OR v.created_at >= to_timestamp((f ->> 'from')::float8))
        AND (f ->> 'until' IS NULL OR v.created_at < to_timestamp((f ->> 'until')::float8))
        AND (f ->> 'change' IS NULL OR v.change_id = (f ->> 'change')::bigint)
        AND (f ->> 'set' IS NULL OR v.prompt_set = f ->> 'set')
$$;
CREATE OR REPLACE FUNCTION battle_matches(b battles, f jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (f ->> 'id' IS NULL OR b.id = (f ->> 'id')::uuid OR b.voter_id = (f ->> 'id')::uuid)
        AND (f ->> 'model' IS NULL OR b.model_a = (f ->> 'model')::uuid OR b.model_b = (f ->> 'model')::uuid)
        AND (f ->> 'kind' IS NULL OR b.kind = f ->> 'kind')
        AND (f ->> 'language' IS NULL OR b.language = f ->> 'language')
        AND (f ->> 'set' IS NULL OR b.prompt_set = f ->> 'set')
        AND (f ->> 'from' IS NULL OR b.created_at >= to_timestamp((f ->> 'from')::float8))
        AND (f ->> 'until' IS NULL OR b.created_at < to_timestamp((f ->> 'until')::float8))
        AND (f ->> 'code' IS NULL OR EXISTS (SELECT 1 FROM replies r
            WHERE r.battle_id = b.id AND r.status = 'failed' AND r.error_code = f ->> 'code'))
        AND CASE f ->> 'state'
            WHEN 'voted' THEN EXISTS (SELECT 1 FROM votes v WHERE v.battle_id = b.id)
            WHEN 'unvoted' THEN NOT EXISTS (SELECT 1 FROM votes v WHERE v.battle_id = b.id)
            WHEN 'failed' THEN EXISTS (SELECT 1 FROM replies r WHERE r.battle_id = b.id AND r.status = 'failed')
            WHEN 'excluded' THEN b.exclusion_reason IS NOT NULL
            ELSE true END
$$;
