-- Whose own row it is; none: the world's, or a character's. The rest of what several nodes on one
-- database need is PostgreSQL's: a SQLite file has one server.
ALTER TABLE component_rows ADD COLUMN node TEXT;
