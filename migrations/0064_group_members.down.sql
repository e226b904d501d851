-- Who was in which group is lost; it is known again when people next sign in.
DROP TABLE group_members;
