DROP TABLE rating_repairs;
DROP FUNCTION cast_votes(jsonb, bigint, float8, float8, float8, float8);
