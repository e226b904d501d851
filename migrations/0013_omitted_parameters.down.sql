ALTER TABLE models DROP COLUMN omitted_parameters;
