-- Whose own row it is; none: the world's, or a character's. The rest of what several nodes on one
-- database need is PostgreSQL's: a SQLite file has one server.
ALTER TABLE component_rows ADD COLUMN node TEXT;

-- When the last order about a role or a ban was given and whose journal has it: one of another
-- journal that comes late must not undo a newer one.
ALTER TABLE accounts ADD COLUMN role_at BIGINT;
ALTER TABLE accounts ADD COLUMN role_by BLOB;
ALTER TABLE accounts ADD COLUMN ban_at BIGINT;
ALTER TABLE accounts ADD COLUMN ban_by BLOB;
