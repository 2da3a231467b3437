-- Messages whose end is not counted yet, in `chain_counters` beside the outcomes: `pending` are planned or in hand, of
-- `unread` ones the log says the end and the engine has still to read it.
INSERT INTO chain_counters (chain, version, step, outcome, count)
SELECT chain, version, label, 'pending', count(*) FROM messages WHERE status IN ('planned', 'sending')
GROUP BY chain, version, label;

INSERT INTO chain_counters (chain, version, step, outcome, count)
SELECT m.chain, m.version, m.label, 'unread', count(*)
FROM events e JOIN event_types t ON t.id = e.type JOIN messages m ON m.id = e.message
WHERE e.seq > coalesce((SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'engine.cursor'), 0)
  AND t.name IN ('message.sent', 'message.failed', 'message.skipped', 'message.unknown')
  AND coalesce(json_extract(e.properties, '$.was'), '') <> 'unknown'
GROUP BY m.chain, m.version, m.label;
