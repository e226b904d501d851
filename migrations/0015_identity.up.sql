-- The sentence in which an answer gave its model away, for administrators. It goes with the battle, as all texts do.
ALTER TABLE battles ADD COLUMN exclusion_sentence text;

-- The names that give a model away, where administrators edited the built-in lists.
CREATE TABLE identity_names (
    list        text PRIMARY KEY CHECK (list IN ('models', 'words', 'makers')),
    names       text[] NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT now()
);
