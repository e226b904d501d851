DROP TABLE imported_conversations;
