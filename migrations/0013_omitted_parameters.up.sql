-- Sampling parameters that an endpoint refuses and that are not sent to it, such as `temperature, seed`.
ALTER TABLE models ADD COLUMN omitted_parameters text NOT NULL DEFAULT '';
