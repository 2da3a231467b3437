-- Contacts that have turned out to be others, and what is remembered of contacts beside them.

-- Its rows in other tables are the survivor's now, its own row is gone.
CREATE TABLE merged_contacts (
  contact  INTEGER PRIMARY KEY,  -- the contacts.id it had
  survivor INTEGER NOT NULL,     -- contacts.id, of none that is merged itself
  at       INTEGER NOT NULL,
  rest     INTEGER NOT NULL      -- 1: the oldest rows of its timeline are still on their way
);
CREATE INDEX merged_into ON merged_contacts (survivor);
CREATE INDEX merged_resting ON merged_contacts (contact) WHERE rest = 1;

-- The highest contacts.id that was ever deleted: none is given again, or what remembers it would be another's.
CREATE TABLE gone_contacts (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  last INTEGER NOT NULL
);
INSERT INTO gone_contacts (one, last) VALUES (1, 0);
CREATE TRIGGER contact_gone AFTER DELETE ON contacts
BEGIN
  UPDATE gone_contacts SET last = old.id WHERE old.id > last;
END;
