ALTER TABLE models DROP COLUMN languages;
