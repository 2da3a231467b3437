-- What the steps and triggers of chains leave behind beside messages.

-- Walks along and gets transactional messages alone, to be measured against.
ALTER TABLE runs ADD COLUMN held_out INTEGER NOT NULL DEFAULT 0;
-- Whose event the trigger is, where the run is another contact's.
ALTER TABLE runs ADD COLUMN actor INTEGER;
-- The variants it has been given, by the steps' labels: a JSON object.
ALTER TABLE runs ADD COLUMN variants TEXT NOT NULL DEFAULT '{}';
-- Which of the version's triggers let it in, counted from 0.
ALTER TABLE runs ADD COLUMN entered_by INTEGER NOT NULL DEFAULT 0;

-- Static lists. A list is there while it has members.
CREATE TABLE list_members (
  list     TEXT NOT NULL,
  contact  INTEGER NOT NULL,     -- contacts.id
  added_at INTEGER NOT NULL,
  PRIMARY KEY (list, contact)
) WITHOUT ROWID;
CREATE INDEX lists_of_contact ON list_members (contact, list);

-- `contact` has `other` as his spouse, referrer, …
CREATE TABLE relations (
  contact INTEGER NOT NULL,      -- contacts.id
  kind    TEXT NOT NULL,
  other   INTEGER NOT NULL,      -- contacts.id
  at      INTEGER NOT NULL,
  PRIMARY KEY (contact, kind, other)
) WITHOUT ROWID;
CREATE INDEX relations_to ON relations (other, contact);

-- The variant of a step that a contact was given first in a chain, for good.
CREATE TABLE variants_given (
  chain   INTEGER NOT NULL,      -- chains.number
  contact INTEGER NOT NULL,      -- contacts.id
  step    TEXT NOT NULL,         -- the step's label
  variant TEXT NOT NULL,
  PRIMARY KEY (chain, contact, step)
) WITHOUT ROWID;

-- The variant of a step that everybody gets since.
CREATE TABLE variants_won (
  chain   INTEGER NOT NULL,
  step    TEXT NOT NULL,
  variant TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (chain, step)
) WITHOUT ROWID;

-- What the site shows a contact: one for each slot and chain, the newest.
CREATE TABLE offers (
  contact  INTEGER NOT NULL,     -- contacts.id
  slot     TEXT NOT NULL,
  chain    INTEGER NOT NULL,     -- chains.number
  run      INTEGER NOT NULL,
  template TEXT NOT NULL,
  priority INTEGER NOT NULL,     -- the chain's, then
  "values" TEXT NOT NULL,        -- `trigger` and `data` as the template sees them, a JSON object
  at       INTEGER NOT NULL,
  until    INTEGER NOT NULL,
  PRIMARY KEY (contact, slot, chain)
) WITHOUT ROWID;
