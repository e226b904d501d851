-- Sessions that were ended are good again until they end by themselves.
DROP TABLE ended_sessions;
