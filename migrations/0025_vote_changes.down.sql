DROP FUNCTION may_change(votes, text);
DROP FUNCTION vote_matches(votes, jsonb);
DROP FUNCTION vote_state(votes);
DROP INDEX votes_voter_group;
DROP INDEX votes_address;
ALTER TABLE votes DROP COLUMN withdrawal;
ALTER TABLE votes DROP COLUMN change_id;
DROP TABLE vote_changes;
