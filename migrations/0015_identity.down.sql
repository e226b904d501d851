DROP TABLE identity_names;
ALTER TABLE battles DROP COLUMN exclusion_sentence;
