-- How far a designer's grant reaches: until when, in microseconds of the Unix epoch (NULL: for ever), and
-- over which zones, their ids joined by commas (NULL: all). Both are NULL for every other role.
ALTER TABLE accounts ADD COLUMN design_until BIGINT;
ALTER TABLE accounts ADD COLUMN design_zones TEXT;
