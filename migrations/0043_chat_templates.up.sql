-- The chat template is part of a contestant too: the same weights with another one compete as another one. Empty is the model's own.
ALTER TABLE models ADD COLUMN chat_template_jinja text NOT NULL DEFAULT '';
