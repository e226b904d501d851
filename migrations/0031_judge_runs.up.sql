-- Judgings that the arena does itself, in the background. Whichever server has room takes one; where it dies, another goes on.
CREATE TABLE judge_runs (
    id                 uuid PRIMARY KEY,
    judge              uuid NOT NULL REFERENCES models (id),
    mode               text NOT NULL CHECK (mode IN ('scores', 'pairs')),
    -- Which models answer what, or which battles are judged.
    setup              jsonb NOT NULL,
    state              text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'stopped', 'failed')),
    -- Prompts that are through, and all; requests to models and judge.
    done               integer NOT NULL DEFAULT 0,
    total              integer NOT NULL,
    requests           bigint NOT NULL DEFAULT 0,
    -- Why it failed or ended early: the code of an error, or `budget`.
    error              text,
    owner              uuid,
    heartbeat_at       timestamptz,
    stop_requested_at  timestamptz,
    created_by         uuid REFERENCES admins (id) ON DELETE SET NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    finished_at        timestamptz
);
CREATE INDEX judge_runs_running ON judge_runs (created_at) WHERE state = 'running';

-- What came of each prompt, at once.
CREATE TABLE judge_run_items (
    run     uuid NOT NULL REFERENCES judge_runs (id) ON DELETE CASCADE,
    number  integer NOT NULL,
    item    jsonb NOT NULL,
    PRIMARY KEY (run, number)
);
