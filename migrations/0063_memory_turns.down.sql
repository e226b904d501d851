ALTER TABLE replies DROP COLUMN load_seconds;
ALTER TABLE models DROP COLUMN pinned;
