-- Conversations that came in with imported votes, where an administrator said so: there is no battle, for nobody here asked.
-- Messages are pairs of role ('user', 'assistant') and text.
CREATE TABLE imported_conversations (
    battle_id   uuid PRIMARY KEY REFERENCES votes (battle_id) ON DELETE CASCADE,
    messages_a  jsonb NOT NULL CHECK (jsonb_typeof(messages_a) = 'array'),
    messages_b  jsonb NOT NULL CHECK (jsonb_typeof(messages_b) = 'array'),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX imported_conversations_age ON imported_conversations (created_at);
