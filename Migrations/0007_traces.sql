-- What `why` needs and nothing else remembers.

-- A decision that moved a run, written in its transaction; goes with the run.
CREATE TABLE run_moves (
  id      INTEGER PRIMARY KEY,
  run     INTEGER NOT NULL,      -- runs.id
  version INTEGER NOT NULL,      -- of the chain, whose steps the path names
  at      INTEGER NOT NULL,      -- the moment that was decided for
  seq     INTEGER NOT NULL,      -- the log's position it was decided at: the event, where one was the cause
  cause   TEXT NOT NULL,         -- entry, event, time, message, outside
  late    INTEGER,               -- how many milliseconds after `at` it came to that, where that is worth telling
  path    TEXT NOT NULL          -- [["label", outcome, …], …]: the steps it came to or past; label '' is the chain
);
CREATE INDEX moves_of_run ON run_moves (run);

-- When a chain became live, was paused, resumed, archived, or another version's.
CREATE TABLE chain_changes (
  id      INTEGER PRIMARY KEY,
  chain   INTEGER NOT NULL,      -- chains.number
  at      INTEGER NOT NULL,
  status  TEXT NOT NULL,
  version INTEGER                -- the live one
);
CREATE INDEX changes_of_chain ON chain_changes (chain);
INSERT INTO chain_changes (chain, at, status, version)
  SELECT number, updated_at, status, live_version FROM chains WHERE live_version IS NOT NULL ORDER BY number;
-- Whoever changes it.
CREATE TRIGGER chain_changed AFTER UPDATE OF status, live_version ON chains
WHEN new.status IS NOT old.status OR new.live_version IS NOT old.live_version
BEGIN
  INSERT INTO chain_changes (chain, at, status, version)
    VALUES (new.number, new.updated_at, new.status, new.live_version);
END;
