-- Publications whose runs inside go over to the new version, under way: runs of the chain from after `done` through `last`
-- may still walk an older one. how: follow, restart. messages.step is the index in the program that its run walks now,
-- negative where that has no such step; messages.version and messages.label stay those that planned it.
CREATE TABLE version_moves (
  chain   INTEGER PRIMARY KEY,   -- chains.number
  version INTEGER NOT NULL,      -- to which they go
  how     TEXT NOT NULL,
  done    INTEGER NOT NULL,      -- runs.id
  last    INTEGER NOT NULL       -- runs.id
);
