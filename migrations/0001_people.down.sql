DROP TABLE audit_log;
DROP TABLE api_tokens;
DROP TABLE sessions;
DROP TABLE admin_links;
DROP TABLE admins;
DROP TABLE voters;
