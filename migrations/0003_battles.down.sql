DROP TABLE replies;
DROP TABLE turns;
DROP TABLE battles;
