DROP INDEX replies_running;
CREATE INDEX replies_running ON replies (heartbeat_at) WHERE status IN ('waiting', 'streaming');
