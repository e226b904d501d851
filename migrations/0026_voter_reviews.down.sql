DROP FUNCTION cast_and_hold_votes(jsonb, bigint, float8, float8, float8, float8);
DROP FUNCTION is_voter_held(uuid);
DROP TABLE voter_reviews;
