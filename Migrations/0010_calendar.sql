-- Who comes into a chain by time, and when.

-- What a trigger by time brings: of a date trigger everything, of a schedule one of its times.
CREATE TABLE timetables (
  id          INTEGER PRIMARY KEY,
  chain       INTEGER NOT NULL,    -- chains.number
  trigger     TEXT NOT NULL,       -- what the trigger is called from one version to the next
  occasion    INTEGER NOT NULL,    -- which time of a schedule; 0: a date trigger's
  state       TEXT NOT NULL,       -- coming, open: entries are planned, over
  rule        TEXT NOT NULL,       -- a date's: what its moments were worked out from; '': the trigger is gone
  since       INTEGER NOT NULL,    -- what was before is none of its business
  known       INTEGER NOT NULL,    -- contacts.id: the newest when it was opened
  walked      INTEGER NOT NULL,    -- contacts.id up to which entries have been planned
  pace_rate   TEXT NOT NULL,       -- the rate that the next three are of, '' without
  pace_start  INTEGER NOT NULL,
  pace_count  INTEGER NOT NULL,
  pace_last   INTEGER NOT NULL,
  UNIQUE (chain, trigger, occasion)
);

-- One for each contact who is to come. A schedule's goes when he has come; a date's stays, so that no occasion is his
-- twice.
CREATE TABLE planned_entries (
  timetable INTEGER NOT NULL,
  contact   INTEGER NOT NULL,      -- contacts.id
  occasion  INTEGER NOT NULL,      -- a date's year, or the day of a one-off; which time of a schedule
  due_at    INTEGER,
  parked_at INTEGER,               -- what due_at was when it was found due in a paused chain
  placed    INTEGER NOT NULL,      -- 1: due_at is the place that the rate gave it
  done      INTEGER,               -- the last occasion that was his
  PRIMARY KEY (timetable, contact)
) WITHOUT ROWID;
CREATE INDEX planned_entries_due ON planned_entries (due_at, timetable, contact) WHERE due_at IS NOT NULL;
CREATE INDEX planned_entries_parked ON planned_entries (timetable, contact) WHERE parked_at IS NOT NULL;
