-- Direct chats have no pair counts that tell whether a vote was withdrawn or restored.
CREATE INDEX votes_withdrawn ON votes (kind, withdrawn_at) WHERE withdrawn_at IS NOT NULL;
