DROP FUNCTION deed_matches(audit_log, jsonb);
DROP FUNCTION battle_matches(battles, jsonb);
