ALTER TABLE models DROP COLUMN chat_template_jinja;
