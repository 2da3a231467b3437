-- What retention remembers of itself: how far it has come in the log for each rule (runs of digits are seqs), and how
-- much of the timeline has lost its events.
CREATE TABLE retention_progress (
  name  TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) WITHOUT ROWID;

-- Events older than their type is kept that some run still needs.
CREATE TABLE kept_events (
  seq INTEGER PRIMARY KEY      -- events.seq
);

-- Which run an event is the trigger of. It rises with the runs, so adding to it costs little.
CREATE INDEX runs_of_trigger ON runs (trigger_seq);

-- Deleted messages and runs, counted, so that the books still balance: rows and these are what was counted.
CREATE TABLE retired_messages (
  chain   INTEGER NOT NULL,    -- chains.number
  version INTEGER NOT NULL,
  label   TEXT NOT NULL,
  channel TEXT NOT NULL,
  status  TEXT NOT NULL,
  count   INTEGER NOT NULL,
  PRIMARY KEY (chain, version, label, channel, status)
) WITHOUT ROWID;

CREATE TABLE retired_runs (
  chain   INTEGER NOT NULL,    -- chains.number
  version INTEGER NOT NULL,
  reason  TEXT NOT NULL,       -- why they had ended
  count   INTEGER NOT NULL,
  PRIMARY KEY (chain, version, reason)
) WITHOUT ROWID;
