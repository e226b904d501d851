-- A page of it is written and taken back when somebody asks whether a battle could be played. Nothing is ever kept in it.
CREATE UNLOGGED TABLE health_probe (filler text NOT NULL);
