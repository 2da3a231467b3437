-- Who was erased, as far as that may be known: hashes under a secret that is not in this file, and the acts.

-- An act of erasure: who asked, when, why, and how much of what there was. Never whom.
CREATE TABLE erasures (
  number       INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE,
  state        TEXT NOT NULL,        -- erasing: rows go; cleaning: the file's free space is overwritten; done
  reason       TEXT NOT NULL,        -- a word or a reference of the shop's
  asked_by     TEXT NOT NULL,        -- api_keys.id
  requested_at INTEGER NOT NULL,
  done_at      INTEGER,
  erased       TEXT NOT NULL DEFAULT '{}'  -- rows by kind, a JSON object
);
CREATE INDEX erasures_under_way ON erasures (number) WHERE state <> 'done';

-- Contacts whose rows are still going.
CREATE TABLE erased_contacts (
  contact INTEGER PRIMARY KEY,       -- contacts.id
  erasure TEXT NOT NULL,             -- erasures.id
  seq     INTEGER,                   -- the event through which the engine has to act before his rows may go
  husk    INTEGER NOT NULL DEFAULT 0 -- 1: all that is left are rows without content, whose ids must not be given again
);

-- Hashes of his keys: he does not come back by himself.
CREATE TABLE tombstones (
  hash    BLOB PRIMARY KEY NOT NULL,
  erasure TEXT NOT NULL              -- erasures.id
) WITHOUT ROWID;
CREATE INDEX tombstones_of_erasure ON tombstones (erasure);

-- Suppressions outlive the person, not his address.
CREATE TABLE suppressed_hashes (
  hash    BLOB NOT NULL,
  channel TEXT NOT NULL,
  purpose TEXT NOT NULL,
  reason  TEXT NOT NULL,             -- unsubscribed, which a new consent takes back, or kept
  at      INTEGER NOT NULL,
  PRIMARY KEY (hash, channel, purpose)
) WITHOUT ROWID;

-- What an erasure asks.
CREATE INDEX IF NOT EXISTS keys_of_contact ON contact_keys (contact);
CREATE INDEX runs_of_actor ON runs (actor) WHERE actor IS NOT NULL;
-- Of whom a post tells; NULL: of nobody, or it is from before this.
ALTER TABLE webhook_posts ADD COLUMN contact INTEGER;
CREATE INDEX webhook_posts_of_contact ON webhook_posts (contact) WHERE contact IS NOT NULL;
