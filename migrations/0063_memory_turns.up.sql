-- Whether a local model always stays in memory where models take turns in it.
ALTER TABLE models ADD COLUMN pinned boolean NOT NULL DEFAULT false;
-- How many seconds it will still take, about, until the model is loaded that is to answer; NULL while nothing is waited for.
ALTER TABLE replies ADD COLUMN load_seconds integer CHECK (load_seconds >= 0);
