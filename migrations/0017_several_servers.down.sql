ALTER TABLE replies DROP COLUMN queue_ahead;
ALTER TABLE models DROP COLUMN more_base_urls, DROP COLUMN max_concurrency, DROP COLUMN max_queue;
