-- The progress of running answers is written several times a second. Indexed by its heartbeat, each write would touch every
-- index of the table; indexed by its battle, it touches none.
DROP INDEX replies_running;
CREATE INDEX replies_running ON replies (battle_id) WHERE status IN ('waiting', 'streaming');
