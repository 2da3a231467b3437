-- Systems of the shop's that are told of events, and what waits to be posted to them.
CREATE TABLE webhooks (
  id         TEXT PRIMARY KEY NOT NULL,
  url        TEXT NOT NULL,
  types      TEXT NOT NULL,          -- event types, a JSON array
  secret     TEXT NOT NULL,          -- whsec_…
  disabled   TEXT,                   -- why; NULL: it is not
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Deleted once it is delivered.
CREATE TABLE webhook_posts (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- the far side tells posts apart by it
  webhook    TEXT NOT NULL,          -- webhooks.id
  body       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  due_at     INTEGER,                -- next try; NULL: given up
  attempts   INTEGER NOT NULL DEFAULT 0,
  error      TEXT
);
CREATE INDEX webhook_posts_due ON webhook_posts (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_posts_given_up ON webhook_posts (created_at) WHERE due_at IS NULL;
CREATE INDEX webhook_posts_of_webhook ON webhook_posts (webhook);
