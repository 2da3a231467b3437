-- The fingerprints of events' ids, for as long as ids are remembered: so a start need not read the events themselves.
CREATE TABLE id_blocks (
  first        INTEGER PRIMARY KEY,  -- events.seq of the first event
  last         INTEGER NOT NULL,
  seed         INTEGER NOT NULL,     -- of the fingerprints; the same in all blocks
  fingerprints BLOB NOT NULL         -- 4 bytes an event, little endian, 0 for one without an id
);
