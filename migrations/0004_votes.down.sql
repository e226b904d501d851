DROP TABLE elo_ratings;
DROP TABLE pair_counts;
DROP TABLE votes;
