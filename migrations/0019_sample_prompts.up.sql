-- Prompts that show what a model can do, one a line. Whoever comes to the arena is offered those of the models that play.
ALTER TABLE models ADD COLUMN sample_prompts text NOT NULL DEFAULT '';
