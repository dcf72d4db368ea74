-- Until when an account can't sign in: microseconds of the Unix epoch, the greatest number for
-- ever, NULL for an account that can.
ALTER TABLE accounts ADD COLUMN banned_until INTEGER;
ALTER TABLE accounts ADD COLUMN ban_reason TEXT NOT NULL DEFAULT '';
