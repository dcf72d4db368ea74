-- How a name looks: letters that are hard to tell apart are one. NULL: a guest's user name, or an old
-- name that looks like one that is older still; its bearer keeps it.
ALTER TABLE accounts ADD COLUMN username_look TEXT;
ALTER TABLE characters ADD COLUMN name_look TEXT;
UPDATE accounts SET username_look =
    replace(replace(lower(replace(replace(replace(username, 'I', 'l'), '1', 'l'), '0', 'o')), 'rn', 'm'), 'vv', 'w')
    WHERE NOT guest;
UPDATE characters SET name_look =
    replace(replace(lower(replace(replace(replace(name, 'I', 'l'), '1', 'l'), '0', 'o')), 'rn', 'm'), 'vv', 'w');
CREATE INDEX accounts_by_look ON accounts (username_look);
CREATE INDEX characters_by_look ON characters (name_look);
UPDATE accounts SET username_look = NULL WHERE EXISTS
    (SELECT 1 FROM accounts AS older
     WHERE older.username_look = accounts.username_look
       AND (older.created_at < accounts.created_at
            OR older.created_at = accounts.created_at AND older.id < accounts.id));
UPDATE characters SET name_look = NULL WHERE deleted_at IS NULL AND EXISTS
    (SELECT 1 FROM characters AS older
     WHERE older.name_look = characters.name_look AND older.deleted_at IS NULL
       AND (older.created_at < characters.created_at
            OR older.created_at = characters.created_at AND older.id < characters.id));
DROP INDEX accounts_by_look;
DROP INDEX characters_by_look;
CREATE UNIQUE INDEX accounts_looks ON accounts (username_look);
CREATE UNIQUE INDEX characters_living_look ON characters (name_look) WHERE deleted_at IS NULL;

-- Whom the world asks for every few seconds: admins, and those who can't sign in.
CREATE INDEX accounts_set_apart ON accounts (ban_at)
    WHERE role <> 'player' OR banned_until IS NOT NULL;

-- What is swept once a day.
CREATE INDEX characters_deleted ON characters (deleted_at) WHERE deleted_at IS NOT NULL;
