-- Groups whose voters have a leaderboard of their own, by what the provider said when somebody signed in last. A row stays when its
-- voter leaves the group: `change` grows with every change, and tells leaderboards that there was one.
CREATE SEQUENCE group_changes;
CREATE TABLE group_members (
    voter      uuid NOT NULL,
    group_name text NOT NULL CHECK (group_name <> ''),
    is_member  boolean NOT NULL DEFAULT true,
    change     bigint NOT NULL DEFAULT nextval('group_changes'),
    PRIMARY KEY (voter, group_name)
);
ALTER SEQUENCE group_changes OWNED BY group_members.change;
CREATE INDEX group_members_change ON group_members (change);
