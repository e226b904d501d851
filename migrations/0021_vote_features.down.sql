DROP TABLE vote_features;
