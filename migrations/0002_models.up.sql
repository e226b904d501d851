-- The contestants. A local model is a file or folder that our worker loads; an endpoint speaks the OpenAI protocol.
CREATE TABLE models (
    id                 uuid PRIMARY KEY,
    slug               text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    display_name       text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 120),
    kind               text NOT NULL CHECK (kind IN ('local', 'endpoint')),
    state              text NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled', 'retired')),
    sampling_weight    double precision NOT NULL DEFAULT 1 CHECK (sampling_weight >= 0 AND sampling_weight <= 1000),
    -- local
    path               text,
    device             text NOT NULL DEFAULT 'auto',
    context_length     integer CHECK (context_length > 0),
    -- endpoint
    base_url           text,
    remote_model       text,
    api_key_sealed     bytea,
    api_key_env        text,
    connect_ms         integer NOT NULL DEFAULT 5000 CHECK (connect_ms BETWEEN 100 AND 600000),
    first_token_ms     integer NOT NULL DEFAULT 120000 CHECK (first_token_ms BETWEEN 100 AND 3600000),
    between_tokens_ms  integer NOT NULL DEFAULT 30000 CHECK (between_tokens_ms BETWEEN 100 AND 3600000),
    retries            integer NOT NULL DEFAULT 1 CHECK (retries BETWEEN 0 AND 10),
    -- the card
    family             text NOT NULL DEFAULT '',
    base_model         text NOT NULL DEFAULT '',
    quantisation       text NOT NULL DEFAULT '',
    parameters         bigint CHECK (parameters > 0),
    active_parameters  bigint CHECK (active_parameters > 0),
    licence            text NOT NULL DEFAULT '',
    link               text NOT NULL DEFAULT '',
    description_en     text NOT NULL DEFAULT '',
    description_zh     text NOT NULL DEFAULT '',
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CHECK (kind <> 'local' OR path IS NOT NULL),
    CHECK (kind <> 'endpoint' OR (base_url IS NOT NULL AND remote_model IS NOT NULL))
);
