-- What somebody wrote and sent to a closed arena, until they have come in: encrypted, for an hour.
CREATE TABLE held_forms (
    -- Of what their browser shows.
    token_hash  bytea PRIMARY KEY,
    sealed      bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX held_forms_age ON held_forms (created_at);
