-- What the law asks to be shown: which consent a message relied on, and who changed what.

-- The word that holds: consent_proofs.id.
ALTER TABLE consents ADD COLUMN proof INTEGER;
UPDATE consents SET proof = (
  SELECT max(p.id) FROM consent_proofs p WHERE p.contact = consents.contact AND p.channel = consents.channel
    AND p.purpose = consents.purpose AND p.granted = consents.granted AND p.at = consents.at);
-- Where it was said from, as the shop tells.
ALTER TABLE consent_proofs ADD COLUMN ip TEXT;
-- The consent that let a marketing message pass: consent_proofs.id; NULL: none was needed, or it is from before this.
ALTER TABLE messages ADD COLUMN consent INTEGER;

-- Who changed what, written with the change. Rows are added and go by their age, nothing else.
CREATE TABLE audit (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  key      TEXT NOT NULL,            -- api_keys.id; 'admin': the key of the environment; '': the server's start
  key_name TEXT,
  action   TEXT NOT NULL,            -- PUT /v1/chains/{id}
  object   TEXT NOT NULL,            -- what the places of the path stood for, a JSON object; nobody's name
  contact  INTEGER,                  -- contacts.id
  status   INTEGER NOT NULL,         -- of the answer
  revision TEXT                      -- the ETag that it left
);
CREATE INDEX audit_of_contact ON audit (contact) WHERE contact IS NOT NULL;
