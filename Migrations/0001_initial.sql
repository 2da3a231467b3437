-- The first layout of a data folder's file. Times are milliseconds since 1970, UTC.

-- Facts about the file itself: instance, signing secret, the engine's cursor, the test clock.
CREATE TABLE facts (
  name  TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;

------------------------------------------------------------------------ Ingest: the log

CREATE TABLE event_types (
  id       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  accepted INTEGER NOT NULL DEFAULT 0
);

-- Append-only. Without a random index on purpose: one would halve the rate at a few million rows.
CREATE TABLE events (
  seq          INTEGER PRIMARY KEY,
  accepted_at  INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  type         INTEGER NOT NULL,   -- event_types.id
  id           TEXT,               -- the client's own, unique for a window
  external_id  TEXT,               -- the contact's keys as the client gave them
  email        TEXT,
  phone        TEXT,
  anonymous_id TEXT,
  contact      INTEGER,            -- contacts.id, known from the start for the server's own events
  message      INTEGER,            -- messages.id, for the server's own events about one
  properties   TEXT                -- a JSON object as it came, NULL when empty
);

------------------------------------------------------------------------ Engine: contacts

CREATE TABLE contacts (
  id            INTEGER PRIMARY KEY,
  external_id   TEXT,
  email         TEXT,
  phone         TEXT,
  anonymous_id  TEXT,
  addresses     TEXT NOT NULL DEFAULT '{}',
  time_zone     TEXT,
  locale        TEXT,
  attributes    TEXT NOT NULL DEFAULT '{}',
  first_seen_at INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
);

-- Which contact a key leads to. kind: 1 id, 2 email, 3 phone, 4 anonymous_id.
CREATE TABLE contact_keys (
  kind    INTEGER NOT NULL,
  value   TEXT NOT NULL,
  contact INTEGER NOT NULL,
  PRIMARY KEY (kind, value)
) WITHOUT ROWID;

-- A contact's events, clustered by contact: what conditions read.
CREATE TABLE timeline (
  contact INTEGER NOT NULL,
  type    INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (contact, type, at, seq)
) WITHOUT ROWID;

-- What holds now, and beside it the append-only proof of how it came about.
CREATE TABLE consents (
  contact INTEGER NOT NULL,
  channel TEXT NOT NULL,
  purpose TEXT NOT NULL,
  granted INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (contact, channel, purpose)
) WITHOUT ROWID;

CREATE TABLE consent_proofs (
  id          INTEGER PRIMARY KEY,
  contact     INTEGER NOT NULL,
  channel     TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  granted     INTEGER NOT NULL,
  text        TEXT,
  source      TEXT,
  at          INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
);
CREATE INDEX consent_proofs_of_contact ON consent_proofs (contact, id);

-- channel '' means every channel. purpose: 'all', which nothing passes, or 'marketing', an unsubscribe.
CREATE TABLE suppressions (
  address TEXT NOT NULL,
  channel TEXT NOT NULL,
  purpose TEXT NOT NULL,
  reason  TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (address, channel, purpose)
) WITHOUT ROWID;

------------------------------------------------------------------------ Engine: chains and runs

CREATE TABLE chains (
  number       INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE,
  status       TEXT NOT NULL,      -- draft, live, paused, archived
  live_version INTEGER,            -- chain_versions.version
  draft        TEXT,               -- NULL when nothing differs from the live version
  revision     INTEGER NOT NULL,   -- the ETag; counts every change
  applied      TEXT,               -- hash of the file that was last applied
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
);

CREATE TABLE chain_versions (
  chain        INTEGER NOT NULL,
  version      INTEGER NOT NULL,
  document     TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  PRIMARY KEY (chain, version)
) WITHOUT ROWID;

-- state: active, ended. A run is never stuck: an active one has a due time, stands at a message,
-- waits for an event with a time limit, or is parked by a paused chain.
CREATE TABLE runs (
  id           INTEGER PRIMARY KEY,
  chain        INTEGER NOT NULL,
  version      INTEGER NOT NULL,
  contact      INTEGER NOT NULL,
  key          TEXT NOT NULL,               -- the value of `per`, '' without
  once         INTEGER NOT NULL,            -- 1: never again in a life
  exclusive    INTEGER NOT NULL,            -- 1: no second one while this is active
  state        TEXT NOT NULL,
  step         INTEGER NOT NULL,            -- index in the version's program
  entered_at   INTEGER NOT NULL,            -- when the decision was made
  entry_at     INTEGER NOT NULL,            -- when the event happened that entered it
  entry_seq    INTEGER NOT NULL,            -- and its place in the log
  trigger_seq  INTEGER NOT NULL,            -- the event that is `trigger` now
  step_at      INTEGER NOT NULL,            -- when the step began
  step_seq     INTEGER NOT NULL,            -- the log's position then
  step_due_at  INTEGER,                     -- when the step ends by time
  due_at       INTEGER,                     -- when to look at the run again; NULL: only an event moves it
  parked_at    INTEGER,                     -- what due_at was when a pause parked the run
  data         TEXT NOT NULL,               -- what `set` wrote, a JSON object
  marks        TEXT NOT NULL,               -- {step: [at, seq]} of ended steps that a `since` names
  goal_until   INTEGER,                     -- the goal is looked for until then
  ended_at     INTEGER,
  reason       TEXT
);
CREATE INDEX runs_due ON runs (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX runs_parked ON runs (chain, id) WHERE parked_at IS NOT NULL;
CREATE INDEX runs_of_contact ON runs (contact, chain, key);
CREATE INDEX runs_active_of_contact ON runs (contact, chain, key, id) WHERE state = 'active';
CREATE INDEX runs_active ON runs (chain, id) WHERE state = 'active';
CREATE INDEX runs_goal ON runs (contact, id) WHERE goal_until IS NOT NULL;
CREATE UNIQUE INDEX runs_once ON runs (contact, chain, key) WHERE once = 1;
CREATE UNIQUE INDEX runs_inside ON runs (contact, chain, key) WHERE exclusive = 1 AND state = 'active';

-- Figures, moved in the same transaction as what they count. step '' is the chain itself.
CREATE TABLE chain_counters (
  chain   INTEGER NOT NULL,
  version INTEGER NOT NULL,
  step    TEXT NOT NULL,
  outcome TEXT NOT NULL,
  count   INTEGER NOT NULL,
  PRIMARY KEY (chain, version, step, outcome)
) WITHOUT ROWID;

------------------------------------------------------------------------ Delivery: the ledger

-- status: planned, sending, sent, delivered, failed, skipped, unknown.
CREATE TABLE messages (
  id               INTEGER PRIMARY KEY,
  run              INTEGER NOT NULL,
  chain            INTEGER NOT NULL,
  version          INTEGER NOT NULL,
  step             INTEGER NOT NULL,   -- index in the version's program
  label            TEXT NOT NULL,      -- the step's id or place, for people and figures
  contact          INTEGER NOT NULL,
  channel          TEXT NOT NULL,
  purpose          TEXT NOT NULL,
  template         TEXT NOT NULL,
  template_version INTEGER,            -- known once claimed
  address          TEXT,               -- known once claimed
  "values"         TEXT,               -- what the template saw, a JSON object, known once claimed
  status           TEXT NOT NULL,
  attempts         INTEGER NOT NULL DEFAULT 0,
  price            TEXT,               -- decimal, in the shop's currency
  planned_at       INTEGER NOT NULL,
  due_at           INTEGER,            -- next try; NULL once nothing more is to be done
  parked_at        INTEGER,            -- what due_at was when a pause parked it
  expires_at       INTEGER NOT NULL,   -- planned_at plus `hold`
  sending_at       INTEGER,
  sent_at          INTEGER,
  delivered_at     INTEGER,
  opened_at        INTEGER,            -- by a person
  machine_opened_at INTEGER,
  clicked_at       INTEGER,
  bounced_at       INTEGER,
  answered_at      INTEGER,
  provider_id      TEXT,
  error            TEXT,
  UNIQUE (run, step)                   -- one hand-over for a run and a step
);
CREATE INDEX messages_due ON messages (channel, due_at, id) WHERE status = 'planned' AND due_at IS NOT NULL;
CREATE INDEX messages_expiring ON messages (expires_at, id) WHERE status = 'planned' AND due_at IS NOT NULL;
CREATE INDEX messages_sending ON messages (channel, id) WHERE status = 'sending';
CREATE INDEX messages_unknown ON messages (id) WHERE status = 'unknown';
CREATE INDEX messages_parked ON messages (chain, id) WHERE parked_at IS NOT NULL;
CREATE INDEX messages_of_contact ON messages (contact, id);

CREATE TABLE message_counters (
  channel TEXT NOT NULL,
  status  TEXT NOT NULL,
  count   INTEGER NOT NULL,
  PRIMARY KEY (channel, status)
) WITHOUT ROWID;

CREATE TABLE templates (
  id         TEXT PRIMARY KEY NOT NULL,
  version    INTEGER NOT NULL,         -- the newest of template_versions; the ETag
  applied    TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE template_versions (
  template TEXT NOT NULL,
  version  INTEGER NOT NULL,
  document TEXT NOT NULL,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (template, version)
) WITHOUT ROWID;

-- status: open, claimed, done, expired.
CREATE TABLE tasks (
  id            INTEGER PRIMARY KEY,
  message       INTEGER NOT NULL UNIQUE,
  contact       INTEGER NOT NULL,
  channel       TEXT NOT NULL,
  queue         TEXT NOT NULL,
  address       TEXT NOT NULL,
  subject       TEXT,
  text          TEXT NOT NULL,
  status        TEXT NOT NULL,
  operator      TEXT,
  claimed_until INTEGER,
  deadline      INTEGER,
  outcome       TEXT,
  note          TEXT,
  created_at    INTEGER NOT NULL,
  completed_at  INTEGER
);
CREATE INDEX tasks_by_status ON tasks (status, queue, id);
CREATE INDEX tasks_deadline ON tasks (deadline, id) WHERE status IN ('open', 'claimed') AND deadline IS NOT NULL;

------------------------------------------------------------------------ API

-- Only the SHA-256 of a key is kept.
CREATE TABLE api_keys (
  id         TEXT PRIMARY KEY NOT NULL,
  name       TEXT NOT NULL,
  hash       TEXT NOT NULL UNIQUE,
  scopes     TEXT NOT NULL,            -- a JSON array
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
