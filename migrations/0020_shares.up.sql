-- Public read-only pages of finished battles, each by an id that nobody guesses. It goes when it is revoked, or with its battle.
CREATE TABLE shares (
    id          uuid PRIMARY KEY,
    battle_id   uuid NOT NULL UNIQUE REFERENCES battles (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now()
);
