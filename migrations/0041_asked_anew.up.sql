-- A visitor may have a side answer again, in some mode: its attempts say in which. NULL where nobody asked for it.
ALTER TABLE replies ADD COLUMN mode text;
-- How often the message was written anew after it had been answered.
ALTER TABLE turns ADD COLUMN edits integer NOT NULL DEFAULT 0 CHECK (edits >= 0);
