-- No vote is lost on the way back: those that are pending are counted by a running arena within seconds.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pending_votes) THEN
        RAISE EXCEPTION 'some votes are not final yet: let the arena run for some seconds, then go back';
    END IF;
END
$$;
DROP TABLE pending_votes;
