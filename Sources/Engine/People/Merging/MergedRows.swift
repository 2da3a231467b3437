import SQL

/// What a merge does with the rows of each table that names a contact. Every such table stands here, or in `elsewhere`
/// with who sees to it; a test compares that with the file.
enum MergedRows {
  /// In this order; $1 is merged into $2.
  static let moves: [(table: String, statements: [String])] = [
    ("contact_keys", ["UPDATE contact_keys SET contact = $2 WHERE contact = $1"]),
    ("consent_proofs", ["UPDATE consent_proofs SET contact = $2 WHERE contact = $1"]),
    (
      "list_members",
      [
        """
        INSERT INTO list_members (list, contact, added_at)
          SELECT list, $2, added_at FROM list_members WHERE contact = $1
        ON CONFLICT (list, contact) DO UPDATE SET added_at = excluded.added_at
          WHERE excluded.added_at < list_members.added_at
        """,
        "DELETE FROM list_members WHERE contact = $1",
      ]
    ),
    ("relations", relations),
    // By their messages: they have no index of contacts.
    ("tasks", ["UPDATE tasks SET contact = $2 WHERE message IN (SELECT id FROM messages WHERE contact = $1)"]),
    ("messages", ["UPDATE messages SET contact = $2 WHERE contact = $1"]),
    ("variants_given", variants),
    ("offers", offers),
    ("planned_entries", entries),
    ("webhook_posts", ["UPDATE webhook_posts SET contact = $2 WHERE contact = $1"]),
  ]

  /// Tables whose rows are somebody else's business.
  static let elsewhere: [String: String] = [
    "events": "the log is not changed: who reads it asks MergedContacts",
    "timeline": "Timeline.merge", "fresh_timeline": "Timeline.merge",
    "consents": "People.absorb: the stricter one holds",
    "rfm": "RfmRows.merge, which counts the cells",
    "runs": "RunSteps.merge: the older of two lives",
    "audit": "its rows are never changed",
    "idempotent_calls": "an answer stays what it was for its day",
    "erased_contacts": "nobody finds who is being erased",
    "memberships": "RunSteps.merge: the survivor's are asked anew", "merged_contacts": "MergedContacts",
  ]

  static func move(_ contact: Int64, to survivor: Int64, _ db: Connection) throws {
    for move in moves {
      for statement in move.statements {
        try db.run(statement, [.int(contact)] + (statement.contains("$2") ? [.int(survivor)] : []))
      }
    }
    try RfmRows().merge(contact, into: survivor, db)
  }

  /// Nobody stands in a relation to himself.
  private static let relations = [
    """
    INSERT INTO relations (contact, kind, other, at)
      SELECT $2, kind, other, at FROM relations WHERE contact = $1 AND other NOT IN ($1, $2)
    ON CONFLICT (contact, kind, other) DO UPDATE SET at = excluded.at WHERE excluded.at < relations.at
    """,
    """
    INSERT INTO relations (contact, kind, other, at)
      SELECT contact, kind, $2, at FROM relations WHERE other = $1 AND contact NOT IN ($1, $2)
    ON CONFLICT (contact, kind, other) DO UPDATE SET at = excluded.at WHERE excluded.at < relations.at
    """,
    "DELETE FROM relations WHERE contact = $1",
    "DELETE FROM relations WHERE other = $1",
  ]

  /// The older assignment wins: of whom entered the chain first.
  private static let variants = [
    """
    INSERT INTO variants_given (chain, contact, step, variant)
      SELECT chain, $2, step, variant FROM variants_given v
      WHERE chain IN (SELECT number FROM chains) AND contact = $1
    ON CONFLICT (chain, contact, step) DO UPDATE SET variant = excluded.variant
      WHERE (SELECT min(entered_at) FROM runs r WHERE r.contact = $1 AND r.chain = excluded.chain)
        < (SELECT min(entered_at) FROM runs r WHERE r.contact = $2 AND r.chain = excluded.chain)
    """,
    "DELETE FROM variants_given WHERE chain IN (SELECT number FROM chains) AND contact = $1",
  ]

  /// The newest of a chain stays in its slot.
  private static let offers = [
    """
    INSERT INTO offers (contact, slot, chain, run, template, priority, "values", at, until)
      SELECT $2, slot, chain, run, template, priority, "values", at, until FROM offers WHERE contact = $1
    ON CONFLICT (contact, slot, chain) DO UPDATE SET run = excluded.run, template = excluded.template,
      priority = excluded.priority, "values" = excluded."values", at = excluded.at, until = excluded.until
      WHERE excluded.at > offers.at
    """,
    "DELETE FROM offers WHERE contact = $1",
  ]

  /// What was one's is both's: no occasion comes twice. The calendar plans anew what the survivor's fields say now.
  private static let entries = [
    """
    INSERT INTO planned_entries (timetable, contact, occasion, due_at, parked_at, placed, done)
      SELECT timetable, $2, occasion, due_at, parked_at, placed, done FROM planned_entries
      WHERE timetable IN (SELECT id FROM timetables) AND contact = $1
    ON CONFLICT (timetable, contact) DO UPDATE SET done = excluded.done
      WHERE excluded.done > coalesce(planned_entries.done, excluded.done - 1)
    """,
    "DELETE FROM planned_entries WHERE timetable IN (SELECT id FROM timetables) AND contact = $1",
  ]
}
