-- What is known of how a voter votes, and what administrators decided about those that were flagged. Evidence is the
-- natural logarithm of the e-value. There is no reference: a voter's row may go, a decision stays.
CREATE TABLE voter_reviews (
    voter         uuid PRIMARY KEY,
    votes         bigint NOT NULL,
    evidence      double precision NOT NULL,
    highest       double precision NOT NULL,
    -- The number of the newest vote that was looked at.
    through       bigint NOT NULL,
    checked_at    timestamptz NOT NULL DEFAULT now(),
    flagged_at    timestamptz,
    decision      text CHECK (decision IN ('accepted', 'withdrawn')),
    decided_by    uuid REFERENCES admins (id) ON DELETE SET NULL,
    decided_at    timestamptz,
    note          text NOT NULL DEFAULT '' CHECK (char_length(note) <= 2000)
);
CREATE INDEX voter_reviews_flagged ON voter_reviews (flagged_at DESC) WHERE flagged_at IS NOT NULL;
CREATE INDEX voter_reviews_highest ON voter_reviews (highest DESC);

-- Whether the votes of a voter stay off the boards: flagged, and not accepted by an administrator.
CREATE FUNCTION is_voter_held(who uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM voter_reviews
        WHERE voter = who AND flagged_at IS NOT NULL AND decision IS DISTINCT FROM 'accepted')
$$;

-- Casts votes as cast_votes does; those that say that their voter is held are kept off the boards from the beginning.
CREATE FUNCTION cast_and_hold_votes(ballots jsonb, boards_lock bigint, k float8, scale float8, base float8, initial float8)
RETURNS TABLE (place integer, outcome text, vote bigint, cast_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH done AS MATERIALIZED (SELECT * FROM cast_votes(ballots, boards_lock, k, scale, base, initial))
    SELECT done.place, done.outcome, done.vote, done.cast_at FROM done;
    UPDATE votes SET withdrawn_at = now(), withdrawal = 'flagged'
    FROM jsonb_to_recordset(ballots) AS ballot (battle uuid, is_held boolean)
    WHERE ballot.is_held AND votes.battle_id = ballot.battle AND votes.withdrawn_at IS NULL
        AND votes.xmin = pg_current_xact_id()::xid;
END
$$;
