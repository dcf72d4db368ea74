-- Whose row it is, where it is a character's: the character's own rows, and those of everything it has.
-- They are loaded, leased and fenced together.
ALTER TABLE component_rows ADD COLUMN owner UUID;
UPDATE component_rows SET owner = entity WHERE scope = 1;
CREATE INDEX component_rows_by_owner ON component_rows (owner) WHERE owner IS NOT NULL;
