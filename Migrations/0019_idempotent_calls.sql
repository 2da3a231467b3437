-- What was answered to calls with an Idempotency-Key, for a day. The answers are sealed under the caller's own API key, of
-- which the file has a hash alone: nobody reads them here.
CREATE TABLE idempotent_calls (
  seq         INTEGER PRIMARY KEY,
  id          BLOB NOT NULL UNIQUE,    -- an HMAC of the key under the caller's API key
  at          INTEGER NOT NULL,
  fingerprint BLOB NOT NULL,           -- an HMAC of the request
  contact     INTEGER,                 -- of whom the answer tells; 0: of anybody; NULL: of nobody, or what the call said itself
  status      INTEGER NOT NULL,
  answer      BLOB                     -- NULL: it was too long
);
CREATE INDEX idempotent_calls_contact ON idempotent_calls (contact) WHERE contact IS NOT NULL;
