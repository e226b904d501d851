ALTER TABLE models DROP COLUMN adapter_base;
