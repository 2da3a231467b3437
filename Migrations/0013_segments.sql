-- Segments, and who is in them.

CREATE TABLE segments (
  number      INTEGER PRIMARY KEY,
  id          TEXT UNIQUE,         -- the marketer's; NULL: a chain's `when`
  chain       INTEGER,             -- chains.number of a `when`
  trigger     TEXT,                -- what that trigger is called
  document    TEXT NOT NULL,
  revision    INTEGER NOT NULL,    -- the ETag; counts every change
  applied     TEXT,                -- hash of the file that was last applied
  state       TEXT NOT NULL,       -- computing, live, leaving: its members are being let go
  walked      INTEGER NOT NULL,    -- contacts.id up to which the members are known while it is computed
  members     INTEGER NOT NULL,
  zone        TEXT NOT NULL,       -- the shop's, when it was computed
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  computed_at INTEGER,             -- when it last became live
  UNIQUE (chain, trigger)
);

-- Of one contact together: an event asks for all of his. No row: not a member, and time alone does not make him one.
CREATE TABLE memberships (
  contact INTEGER NOT NULL,        -- contacts.id
  segment INTEGER NOT NULL,        -- segments.number
  since   INTEGER,                 -- NULL: not a member
  due_at  INTEGER,                 -- when time alone may change that; never too late, maybe too early
  PRIMARY KEY (contact, segment)
) WITHOUT ROWID;
CREATE INDEX memberships_of_segment ON memberships (segment, contact) WHERE since IS NOT NULL;
CREATE INDEX memberships_due ON memberships (due_at, contact, segment) WHERE due_at IS NOT NULL;
