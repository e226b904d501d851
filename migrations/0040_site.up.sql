-- What administrators say of the site: one row, so that a change is seen whole. Settings that are by default are not in it.
CREATE TABLE site (
    is_only     boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    -- Grows with each change: servers and forms see by it that somebody else changed something.
    revision    bigint NOT NULL,
    settings    jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
    changed_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO site (revision, settings) VALUES (0, '{}');
-- Names the terms that a visitor agreed to, where the arena asks.
ALTER TABLE voters ADD COLUMN agreed_to text, ADD COLUMN agreed_at timestamptz;
