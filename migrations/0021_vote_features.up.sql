-- What a vote was about, computed once from the texts that it judged; it stays when they are deleted. In a table of its own,
-- because it is computed after the vote, and a vote's row is not written again.
CREATE TABLE vote_features (
    vote_id                   bigint PRIMARY KEY REFERENCES votes (id) ON DELETE CASCADE,
    -- In the order in which they are committed: whoever read up to one has read all before it.
    number                    bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- By which rules: grows with them.
    rules                     smallint NOT NULL,
    -- Each side's answers together; the right side's are unknown in direct chats.
    tokens_a                  integer NOT NULL CHECK (tokens_a >= 0),
    headers_a                 integer NOT NULL CHECK (headers_a >= 0),
    lists_a                   integer NOT NULL CHECK (lists_a >= 0),
    bold_a                    integer NOT NULL CHECK (bold_a >= 0),
    tokens_b                  integer CHECK (tokens_b >= 0),
    headers_b                 integer CHECK (headers_b >= 0),
    lists_b                   integer CHECK (lists_b >= 0),
    bold_b                    integer CHECK (bold_b >= 0),
    is_coding                 boolean NOT NULL,
    is_math                   boolean NOT NULL,
    is_longer_query           boolean NOT NULL,
    is_multi_turn             boolean NOT NULL,
    is_creative_writing       boolean NOT NULL,
    is_instruction_following  boolean NOT NULL,
    is_refusal                boolean NOT NULL
);
