-- What kept a message from leaving at its time, as in `cap email 4 per 7d: won by welcome`; NULL: nothing did.
ALTER TABLE messages ADD COLUMN held_by TEXT;

-- What frequency caps count: a contact's marketing messages that were handed over.
CREATE INDEX messages_marketing ON messages (contact, sent_at, channel, chain)
  WHERE purpose = 'marketing' AND sent_at IS NOT NULL;
