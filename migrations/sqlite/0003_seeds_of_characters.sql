-- What the stats of a character are rolled from, 64 bits; none: it was made before there were
-- stats, and is rolled from its id.
ALTER TABLE characters ADD COLUMN seed INTEGER;
