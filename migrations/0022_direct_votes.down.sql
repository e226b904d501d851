DROP INDEX votes_withdrawn;
