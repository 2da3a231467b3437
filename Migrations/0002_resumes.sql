-- Resumes that are under way: runs of the chain from after `done` through `last` still stay as in a paused chain.
CREATE TABLE resumes (
  chain INTEGER PRIMARY KEY,   -- chains.number
  done  INTEGER NOT NULL,      -- runs.id
  last  INTEGER NOT NULL       -- runs.id
);
