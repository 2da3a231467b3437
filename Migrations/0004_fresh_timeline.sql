-- The newest rows of the timeline, in the order of the log; merged into `timeline` in slices. A row may lie in both while
-- it is merged. Which contact has which is known in memory.
CREATE TABLE fresh_timeline (
  seq     INTEGER PRIMARY KEY,  -- events.seq
  contact INTEGER NOT NULL,
  type    INTEGER NOT NULL,
  at      INTEGER NOT NULL
);
