-- An empty answer is retried once: the attempts after it say so.
ALTER TABLE replies ADD COLUMN after_empty boolean NOT NULL DEFAULT false;
