-- The languages that a model speaks, by their ISO 639-1 codes ('zh, en'); '' where it does not say. The demo's poets know only
-- classical Chinese.
ALTER TABLE models ADD COLUMN languages text NOT NULL DEFAULT '';
