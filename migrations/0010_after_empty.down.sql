ALTER TABLE replies DROP COLUMN after_empty;
