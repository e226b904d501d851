-- Objective scores of models: what `mixtral evaluate … --json` or `--output` wrote. One of each benchmark and way of asking.
CREATE TABLE model_results (
    id              uuid PRIMARY KEY,
    model           uuid NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    -- `ceval`, `cmmlu`, `mmlu`, `longbench` or `longbench-e`.
    benchmark       text NOT NULL,
    -- How it was asked, such as `val, 5-shot`.
    variant         text NOT NULL,
    -- In percent, with the standard error where the file tells it.
    score           double precision NOT NULL CHECK (score BETWEEN 0 AND 100),
    standard_error  double precision CHECK (standard_error >= 0),
    questions       bigint NOT NULL CHECK (questions > 0),
    -- Groups and subjects, as the file has them.
    detail          jsonb NOT NULL,
    created_by      uuid REFERENCES admins (id) ON DELETE SET NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (model, benchmark, variant)
);
