-- Votes that were untied from one voter at one moment stay together, by a number that leads to nobody: one person's votes
-- share one taste, which intervals have to know.
ALTER TABLE votes ADD COLUMN voter_group uuid;

-- What the stored Elo ratings were computed with. Where the operator says otherwise, they are computed anew.
CREATE TABLE elo_settings (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    k         double precision NOT NULL,
    scale     double precision NOT NULL,
    base      double precision NOT NULL,
    initial   double precision NOT NULL
);
INSERT INTO elo_settings (k, scale, base, initial) VALUES (4, 400, 10, 1000);
