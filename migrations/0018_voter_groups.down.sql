DROP TABLE elo_settings;
ALTER TABLE votes DROP COLUMN voter_group;
