-- A vote that can still be taken back. It is on no board yet; when its time is over it is claimed, counted as any other,
-- and removed. The reference does not cascade: a battle is deleted only after its vote was counted.
CREATE TABLE pending_votes (
    battle_id     uuid PRIMARY KEY REFERENCES battles (id),
    choice        text NOT NULL CHECK (choice IN ('a', 'b', 'tie', 'both_bad', 'up', 'down')),
    reasons       text[] NOT NULL DEFAULT '{}',
    comment       text NOT NULL DEFAULT '' CHECK (char_length(comment) <= 2000),
    address_hash  bytea,
    created_at    timestamptz NOT NULL DEFAULT now(),
    final_at      timestamptz NOT NULL,
    -- It is being counted, and cannot be taken back any more.
    is_claimed    boolean NOT NULL DEFAULT false
);
CREATE INDEX pending_votes_final ON pending_votes (final_at);
