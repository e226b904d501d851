-- Votes are cast many at a time by one statement: whatever is locked is locked only while the database itself works.

-- Casts ballots that the service has judged by the rules. Each says what it was judged by (newest turn, attempts, why it
-- does not count); where that is no longer so it is refused as 'changed' and has to be judged again. A battle that has a
-- vote keeps it ('voted').
--
-- Everyone locks in one order, so that nobody waits for somebody who waits for them: the boards' advisory lock, battles by
-- id, ratings by board and model, pair counts by pair. Votes are numbered after the ratings are locked: a replay by number
-- comes to the same ratings. Elo is the formula of arena-rating's EloSettings; a test holds the two together.
CREATE FUNCTION cast_votes(ballots jsonb, boards_lock bigint, k float8, scale float8, base float8, initial float8)
RETURNS TABLE (place integer, outcome text, vote bigint, cast_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    kinds      text[];
    languages  text[];
    models     uuid[];
    ratings    float8[];
    moves      bigint[];
    cast_ids   bigint[];
    voted      uuid[];
    one        record;
    moved      float8;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(boards_lock);
    PERFORM 1 FROM battles
    WHERE id = ANY (ARRAY(SELECT (ballot ->> 'battle')::uuid FROM jsonb_array_elements(ballots) AS ballot))
    ORDER BY id FOR UPDATE;

    -- The ratings that may move: two models on the board of the language and on that of all.
    SELECT array_agg(row.kind), array_agg(row.language), array_agg(row.model)
    INTO kinds, languages, models
    FROM (
        SELECT DISTINCT ballot ->> 'kind' AS kind, board.language, model.id AS model
        FROM jsonb_array_elements(ballots) AS ballot,
            LATERAL unnest(ARRAY['*', ballot ->> 'language']) AS board (language),
            LATERAL unnest(ARRAY[(ballot ->> 'model_a')::uuid, (ballot ->> 'model_b')::uuid]) AS model (id)
        WHERE ballot ->> 'score' IS NOT NULL
        ORDER BY 1, 2, 3
    ) AS row;
    IF kinds IS NOT NULL THEN
        IF EXISTS (
            SELECT 1 FROM unnest(kinds, languages, models) AS wanted (kind, language, model)
            WHERE NOT EXISTS (
                SELECT 1 FROM elo_ratings AS elo
                WHERE elo.kind = wanted.kind AND elo.language = wanted.language AND elo.model_id = wanted.model)
        ) THEN
            -- New rows and old ones in one pass, so that they are locked in order too.
            INSERT INTO elo_ratings (kind, language, model_id, rating)
            SELECT wanted.kind, wanted.language, wanted.model, initial
            FROM unnest(kinds, languages, models) AS wanted (kind, language, model) ORDER BY 1, 2, 3
            ON CONFLICT (kind, language, model_id) DO UPDATE SET rating = elo_ratings.rating;
        END IF;
        PERFORM 1 FROM elo_ratings AS elo
        JOIN unnest(kinds, languages, models) AS wanted (kind, language, model)
            ON elo.kind = wanted.kind AND elo.language = wanted.language AND elo.model_id = wanted.model
        ORDER BY elo.kind, elo.language, elo.model_id FOR UPDATE OF elo;
        -- A statement of its own: it sees what was committed while the one above waited for the locks.
        SELECT array_agg(elo.rating ORDER BY wanted.position), array_agg(0 ORDER BY wanted.position)
        INTO ratings, moves
        FROM unnest(kinds, languages, models) WITH ORDINALITY AS wanted (kind, language, model, position)
        JOIN elo_ratings AS elo
            ON elo.kind = wanted.kind AND elo.language = wanted.language AND elo.model_id = wanted.model;
    END IF;

    WITH added AS (
        INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice, reasons, comment, turns,
            exclusion_reason, address_hash)
        SELECT ballot.battle, ballot.voter, ballot.kind, ballot.language, ballot.model_a, ballot.model_b, ballot.choice,
            ballot.reasons, ballot.comment, ballot.turns, ballot.exclusion_reason, ballot.address_hash
        FROM jsonb_to_recordset(ballots) AS ballot (
            place integer, battle uuid, voter uuid, kind text, language text, model_a uuid, model_b uuid, choice text,
            reasons text[], comment text, turns integer, exclusion_reason text, address_hash bytea,
            newest_turn integer, attempt_a integer, attempt_b integer)
        JOIN battles AS battle ON battle.id = ballot.battle AND battle.voter_id = ballot.voter
            AND battle.model_a = ballot.model_a AND battle.model_b IS NOT DISTINCT FROM ballot.model_b
            AND battle.exclusion_reason IS NOT DISTINCT FROM ballot.exclusion_reason
        WHERE ballot.newest_turn = (SELECT max(turn.number) FROM turns AS turn WHERE turn.battle_id = ballot.battle)
            AND ballot.attempt_a IS NOT DISTINCT FROM (
                SELECT max(reply.attempt) FROM replies AS reply
                WHERE reply.battle_id = ballot.battle AND reply.turn = ballot.newest_turn AND reply.side = 'a')
            AND ballot.attempt_b IS NOT DISTINCT FROM (
                SELECT max(reply.attempt) FROM replies AS reply
                WHERE reply.battle_id = ballot.battle AND reply.turn = ballot.newest_turn AND reply.side = 'b')
        ORDER BY ballot.place
        ON CONFLICT (battle_id) DO NOTHING
        RETURNING id, battle_id
    )
    SELECT coalesce(array_agg(added.id), '{}'), coalesce(array_agg(added.battle_id), '{}') INTO cast_ids, voted
    FROM added;

    UPDATE battles SET revealed_at = now() WHERE id = ANY (voted) AND revealed_at IS NULL;

    IF kinds IS NOT NULL AND cardinality(cast_ids) > 0 THEN
        FOR one IN
            WITH board AS (
                SELECT * FROM unnest(kinds, languages, models) WITH ORDINALITY AS b (kind, language, model, position))
            SELECT ballot.score, left_model.position AS a, right_model.position AS b
            FROM unnest(cast_ids, voted) AS done (id, battle)
            JOIN jsonb_to_recordset(ballots) AS ballot (
                battle uuid, kind text, language text, model_a uuid, model_b uuid, score float8)
                ON ballot.battle = done.battle AND ballot.score IS NOT NULL
            JOIN board AS left_model ON left_model.kind = ballot.kind AND left_model.model = ballot.model_a
                AND left_model.language IN ('*', ballot.language)
            JOIN board AS right_model ON right_model.kind = ballot.kind AND right_model.model = ballot.model_b
                AND right_model.language = left_model.language
            ORDER BY done.id
        LOOP
            moved := k * (one.score - 1 / (1 + exp((ratings[one.b] - ratings[one.a]) / scale * ln(base))));
            ratings[one.a] := ratings[one.a] + moved;
            ratings[one.b] := ratings[one.b] - moved;
            moves[one.a] := moves[one.a] + 1;
            moves[one.b] := moves[one.b] + 1;
        END LOOP;
        UPDATE elo_ratings AS elo SET rating = new.rating, changes = elo.changes + new.moves
        FROM unnest(kinds, languages, models, ratings, moves) AS new (kind, language, model, rating, moves)
        WHERE new.moves > 0 AND elo.kind = new.kind AND elo.language = new.language AND elo.model_id = new.model;

        INSERT INTO pair_counts AS pair (kind, language, model_low, model_high, wins_low, wins_high, ties, both_bad)
        SELECT ballot.kind, ballot.language, least(ballot.model_a, ballot.model_b),
            greatest(ballot.model_a, ballot.model_b),
            count(*) FILTER (WHERE ballot.choice = CASE WHEN ballot.model_a < ballot.model_b THEN 'a' ELSE 'b' END),
            count(*) FILTER (WHERE ballot.choice = CASE WHEN ballot.model_a < ballot.model_b THEN 'b' ELSE 'a' END),
            count(*) FILTER (WHERE ballot.choice = 'tie'),
            count(*) FILTER (WHERE ballot.choice = 'both_bad')
        FROM jsonb_to_recordset(ballots) AS ballot (
            battle uuid, kind text, language text, model_a uuid, model_b uuid, choice text, score float8)
        WHERE ballot.battle = ANY (voted) AND ballot.score IS NOT NULL
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (kind, language, model_low, model_high) DO UPDATE SET
            wins_low = pair.wins_low + excluded.wins_low, wins_high = pair.wins_high + excluded.wins_high,
            ties = pair.ties + excluded.ties, both_bad = pair.both_bad + excluded.both_bad;
    END IF;

    RETURN QUERY
    SELECT ballot.place,
        CASE WHEN done.id IS NOT NULL THEN 'cast'
            WHEN EXISTS (SELECT 1 FROM votes WHERE votes.battle_id = ballot.battle) THEN 'voted'
            ELSE 'changed' END,
        done.id, CASE WHEN done.id IS NOT NULL THEN now() END
    FROM jsonb_to_recordset(ballots) AS ballot (place integer, battle uuid)
    LEFT JOIN unnest(cast_ids, voted) AS done (id, battle) ON done.battle = ballot.battle;
END
$$;

-- Ratings that no longer say what the votes say, because a vote was withdrawn or restored: whoever replays the votes of a
-- kind takes its row away, unless another was asked for meanwhile. A server that dies on the way leaves it to the next.
CREATE TABLE rating_repairs (
    kind       text PRIMARY KEY CHECK (kind IN ('battle', 'side_by_side')),
    requested  bigint NOT NULL DEFAULT 1
);
