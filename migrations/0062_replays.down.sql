DROP TABLE replays;
ALTER TABLE prepared_answers
    DROP COLUMN setup, DROP COLUMN asked_seed, DROP COLUMN messages_hash, DROP COLUMN fingerprint, DROP COLUMN model;
DROP TABLE reply_provenance;
DROP TABLE answer_setups;
