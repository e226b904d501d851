-- Votes that administrators withdraw or restore together, so that the whole change can be found and undone.
CREATE TABLE vote_changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    admin_id    uuid REFERENCES admins (id) ON DELETE SET NULL,
    withdrawn   boolean NOT NULL,
    votes       bigint NOT NULL DEFAULT 0,
    note        text NOT NULL DEFAULT '' CHECK (char_length(note) <= 2000),
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- The newest change that a vote was part of, and why it is off the boards: an administrator withdrew it, or it is held
-- because its voter was flagged and nobody has decided yet.
ALTER TABLE votes ADD COLUMN change_id bigint REFERENCES vote_changes (id);
ALTER TABLE votes ADD COLUMN withdrawal text CHECK (withdrawal IN ('admin', 'flagged'));
UPDATE votes SET withdrawal = 'admin' WHERE withdrawn_at IS NOT NULL;
CREATE INDEX votes_change ON votes (change_id, id) WHERE change_id IS NOT NULL;
CREATE INDEX votes_address ON votes (address_hash, id) WHERE address_hash IS NOT NULL;
CREATE INDEX votes_voter_group ON votes (voter_group, id) WHERE voter_group IS NOT NULL;

-- Where a vote stands: counted, withdrawn, flagged, excluded (when it was cast) or unrated.
CREATE FUNCTION vote_state(v votes) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN v.withdrawn_at IS NOT NULL THEN CASE v.withdrawal WHEN 'flagged' THEN 'flagged' ELSE 'withdrawn' END
        WHEN v.exclusion_reason IS NOT NULL THEN 'excluded'
        WHEN v.model_b IS NULL THEN 'unrated'
        ELSE 'counted' END
$$;

-- The one filter of lists, changes and files of votes. What the filter does not name is not asked for. One plain
-- expression, so that it is planned as if it stood in the query itself.
CREATE FUNCTION vote_matches(v votes, f jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
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
$$;

-- Whether a vote is not yet withdrawn for this reason; or withdrawn at all, where there is none and it shall be restored.
CREATE FUNCTION may_change(v votes, reason text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN reason IS NULL THEN v.withdrawn_at IS NOT NULL
        ELSE v.withdrawn_at IS NULL OR (v.withdrawal = 'flagged' AND reason = 'admin') END
$$;
