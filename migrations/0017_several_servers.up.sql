-- A model may run on several servers that answer alike, and take so many answers at once.
ALTER TABLE models
    ADD COLUMN more_base_urls text NOT NULL DEFAULT '',
    ADD COLUMN max_concurrency bigint CHECK (max_concurrency >= 1),
    ADD COLUMN max_queue bigint NOT NULL DEFAULT 50 CHECK (max_queue >= 0);
-- How many requests stand before this one in its model's line, while it waits there: for readers at other servers.
ALTER TABLE replies ADD COLUMN queue_ahead integer CHECK (queue_ahead >= 0);
