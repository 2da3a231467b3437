public import SQL

/// Whether each message can go on, belongs to something, and is counted: planned = sent + failed + skipped + unknown +
/// pending, for each step.
public enum LedgerAudit {
  /// Cost: two walks through the messages, with two look-ups for each.
  public static let audits = [
    Audit("messages", "every message has its run and its contact, every task its message") { db, notes in
      try notes.find(db, orphans)
      let sending = try db.first("SELECT count(*) FROM messages WHERE status = 'sending'", []) { $0.int(0) } ?? 0
      if sending > 0 { notes.remark("\(sending) messages were in hand when the server stopped; a start decides") }
    },
    stuckMessages,
    Audit("books", "planned = sent + failed + skipped + unknown + pending, for each step") { db, notes in
      try LedgerBooks(db, notes).check(notes, db)
    },
  ]

  public static let stuckMessages = Audit(
    "stuck messages", "every planned message has a time, or is parked by a pause"
  ) { db, notes in
    try notes.find(db, stuck)
  }

  private static let orphans = """
    SELECT 'message ' || m.id || ' is of ' || CASE
        WHEN NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = m.run) THEN 'run ' || m.run
        ELSE 'contact ' || m.contact END || ', which is not there'
    FROM messages m
    WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = m.run)
      OR NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = m.contact)
    UNION ALL
    SELECT 'task ' || t.id || ' is of message ' || t.message || ', which is not there' FROM tasks t
    WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = t.message)
    """

  private static let stuck = """
    SELECT 'message ' || m.id || ' of ' || c.id || ' at ' || m.label || CASE
        WHEN m.parked_at IS NULL THEN ' has no time'
        ELSE ' is parked, and the chain is ' || c.status END
    FROM messages m JOIN chains c ON c.number = m.chain
    WHERE m.status = 'planned' AND m.due_at IS NULL
      AND (m.parked_at IS NULL OR c.status NOT IN ('paused', 'archived'))
      AND NOT EXISTS (SELECT 1 FROM resumes s WHERE s.chain = c.number)
    """
}
