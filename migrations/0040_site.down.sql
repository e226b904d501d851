ALTER TABLE voters DROP COLUMN agreed_to, DROP COLUMN agreed_at;
DROP TABLE site;
