-- Several nodes on one database: who is alive, who plays whom, who writes the world.

-- Whose own row it is; none: the world's, or a character's.
ALTER TABLE component_rows ADD COLUMN node TEXT;

-- Until when a node counts as alive, by this database's clock.
CREATE TABLE node_leases (
    node    TEXT        PRIMARY KEY,
    journal UUID        NOT NULL,
    until   TIMESTAMPTZ NOT NULL
);

-- Which node a character is leased to; none: to nobody. `epoch` grows with every lease. Batches of
-- that journal above `since` carry this epoch, everything else an older one. `wanted`: somebody
-- waits for it on another node.
CREATE TABLE character_leases (
    entity  UUID    PRIMARY KEY,
    node    TEXT,
    journal UUID    NOT NULL,
    epoch   BIGINT  NOT NULL,
    since   BIGINT  NOT NULL,
    wanted  BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE INDEX character_leases_wanted ON character_leases (node) WHERE wanted;

-- The one node that writes the world's rows.
CREATE TABLE elections (
    role    TEXT        PRIMARY KEY,
    node    TEXT        NOT NULL,
    journal UUID        NOT NULL,
    term    BIGINT      NOT NULL,
    until   TIMESTAMPTZ NOT NULL
);

-- Changes that came under a lease that was over; for people to look at. Without a body: a removal;
-- without a component: of everything.
CREATE TABLE conflicts (
    node      TEXT   NOT NULL,
    journal   UUID   NOT NULL,
    sequence  BIGINT NOT NULL,
    entity    UUID   NOT NULL,
    component TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    body      TEXT,
    holder    TEXT,
    epoch     BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (journal, sequence, entity, component)
);

-- When the last order about a role or a ban was given and whose journal has it: one of another
-- journal that comes late must not undo a newer one.
ALTER TABLE accounts ADD COLUMN role_at BIGINT;
ALTER TABLE accounts ADD COLUMN role_by UUID;
ALTER TABLE accounts ADD COLUMN ban_at BIGINT;
ALTER TABLE accounts ADD COLUMN ban_by UUID;
