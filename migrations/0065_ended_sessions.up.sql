-- Sessions of people who signed in are not kept here: their browsers hold them. Those that an administrator ended are known by when:
-- all of a voter that began before, or, without a voter, everybody's.
CREATE TABLE ended_sessions (
    voter    uuid UNIQUE NULLS NOT DISTINCT,
    ended_at timestamptz NOT NULL DEFAULT now()
);
