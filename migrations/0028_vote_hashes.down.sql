DROP TABLE vote_hashes;
