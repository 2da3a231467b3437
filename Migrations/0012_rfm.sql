-- Who buys how lately, how often and for how much: one row for each contact that ever bought.
CREATE TABLE rfm (
  contact   INTEGER PRIMARY KEY,  -- contacts.id
  last_at   INTEGER NOT NULL,     -- when he bought last
  purchases INTEGER NOT NULL,
  amount    INTEGER NOT NULL,     -- what they were worth, in ten-thousandths of the currency
  version   INTEGER NOT NULL,     -- rfm_boundaries.version that his scores are by, 0: none
  cell      TEXT,                 -- scores of recency, frequency and monetary, '543'
  due_at    INTEGER               -- when time alone changes the cell
);
CREATE INDEX rfm_due ON rfm (due_at, contact) WHERE due_at IS NOT NULL;

-- Contacts in each cell, counted in the transaction that moves them.
CREATE TABLE rfm_cells (
  cell     TEXT PRIMARY KEY NOT NULL,
  contacts INTEGER NOT NULL
) WITHOUT ROWID;

-- The boundaries of the scores: four numbers each, in fifths of milliseconds, of purchases and of ten-thousandths.
CREATE TABLE rfm_boundaries (
  version     INTEGER PRIMARY KEY,
  computed_at INTEGER NOT NULL,
  contacts    INTEGER NOT NULL,   -- who had bought by then
  recency     TEXT NOT NULL,
  frequency   TEXT NOT NULL,
  monetary    TEXT NOT NULL,
  moved       INTEGER             -- contacts up to there are scored by it, NULL: all
);

-- How long the members of a segment let pass between two events, on an average: a row each time it was worked out.
CREATE TABLE segment_averages (
  segment     TEXT NOT NULL,
  type        TEXT NOT NULL,      -- of event
  condition   TEXT NOT NULL,      -- its `where`, '' without one
  computed_at INTEGER NOT NULL,
  contacts    INTEGER NOT NULL,   -- members with a gap of their own
  average     INTEGER,            -- milliseconds, NULL: too few members have one
  PRIMARY KEY (segment, type, condition, computed_at)
) WITHOUT ROWID;
