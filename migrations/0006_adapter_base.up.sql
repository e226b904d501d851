-- The base of a local adapter where the adapter does not say itself, or names a model on a hub.
ALTER TABLE models ADD COLUMN adapter_base text CHECK (kind = 'local' OR adapter_base IS NULL);
