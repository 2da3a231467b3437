public import SQL

/// Whether each run can go on, belongs to something, and is counted.
public enum RunAudit {
  /// Cost: a walk through the runs, and three look-ups for each.
  public static let audits = [
    Audit("contacts", "every key leads to a contact") { db, notes in
      try notes.find(
        db,
        """
        SELECT 'a key of the kind ' || kind || ' leads to contact ' || contact || ', which is not there'
        FROM contact_keys k WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = k.contact)
        """)
    },
    Audit("merged contacts", "who was merged is gone, and has left nothing behind") { db, notes in
      for (table, rows) in merged {
        try notes.find(
          db,
          """
          SELECT '\(table): ' || count(*) || ' rows are still of contact ' || m.contact || ', who was merged into '
            || m.survivor
          FROM merged_contacts m JOIN \(table) t ON t.\(rows) = m.contact
          WHERE '\(table)' <> 'timeline' OR m.rest = 0 GROUP BY m.contact ORDER BY m.contact
          """)
      }
    },
    Audit("runs", "every run has its chain, its version and its contact") { db, notes in
      try notes.find(db, orphans)
    },
    stuckRuns,
    Audit("moves", "every move is of a run") { db, notes in
      try notes.find(
        db,
        """
        SELECT 'move ' || id || ' is of run ' || run || ', which is not there'
        FROM run_moves m WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = m.run) ORDER BY id
        """)
    },
    Audit("runs counted", "entries and ends of each chain are counted") { db, notes in try checkBooks(db, notes) },
  ]

  /// Tables that have an index of contacts, with the column.
  private static let merged = [
    ("contacts", "id"), ("merged_contacts", "survivor"), ("contact_keys", "contact"), ("timeline", "contact"),
    ("consents", "contact"), ("consent_proofs", "contact"), ("list_members", "contact"), ("relations", "contact"),
    ("relations", "other"), ("offers", "contact"), ("runs", "contact"), ("messages", "contact"),
  ]

  public static let stuckRuns = Audit(
    "stuck runs", "every active run waits for a moment, for its message or for a pause to end"
  ) { db, notes in
    try notes.find(db, stuck, [.int(try Engine.readCursor(db))])
  }

  /// How many of the next runs after one, by id, are stuck, and which is the last of them; nil after the last run.
  /// Cost: `limit` rows, some look-ups for each of them that waits for its message, and the events that are unread.
  public static func stuckRuns(
    after id: Int64, limit: Int, _ db: Connection
  ) throws -> (count: Int, last: Int64)? {
    let slice = "SELECT max(id) FROM (SELECT id FROM runs WHERE id > $1 ORDER BY id LIMIT $2)"
    guard let last = try db.first(slice, [.int(id), .int(limit)], { $0.optionalInt(0) }).flatMap({ $0 }) else {
      return nil
    }
    let sql = "SELECT count(*) \(ofStuck) AND r.id > $2 AND r.id <= $3"
    let count = try db.first(sql, [.int(try Engine.readCursor(db)), .int(id), .int(last)]) { Int($0.int(0)) }
    return (count ?? 0, last)
  }

  private static let orphans = """
    SELECT 'run ' || r.id || ' is of ' || CASE
        WHEN NOT EXISTS (SELECT 1 FROM chains c WHERE c.number = r.chain) THEN 'chain number ' || r.chain
        WHEN NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = r.contact) THEN 'contact ' || r.contact
        ELSE 'version ' || r.version || ' of chain number ' || r.chain END || ', which is not there'
    FROM runs r
    WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = r.contact)
      OR NOT EXISTS (SELECT 1 FROM chain_versions v WHERE v.chain = r.chain AND v.version = r.version)
      OR NOT EXISTS (SELECT 1 FROM chains c WHERE c.number = r.chain)
    UNION ALL
    SELECT 'runs of chain number ' || m.chain || ' go to its version ' || m.version || ', which is not there'
    FROM version_moves m
    WHERE NOT EXISTS (SELECT 1 FROM chain_versions v WHERE v.chain = m.chain AND v.version = m.version)
    """

  /// Who waits for an event has the end of the waiting as its moment. A run's message may be over without the run having
  /// gone on: the engine has still to read that, or the chain was paused and a resume comes to it. An archived chain's
  /// runs are ended by the engine, whatever they wait for.
  private static let stuck = """
    SELECT 'run ' || r.id || ' of ' || c.id || ' at step ' || r.step || CASE
        WHEN r.parked_at IS NULL THEN ' waits for nothing'
        WHEN r.due_at IS NOT NULL THEN ' is parked and due at the same time'
        ELSE ' is parked, and the chain is ' || c.status END
    \(ofStuck)
    """

  private static let ofStuck = """
    FROM runs r JOIN chains c ON c.number = r.chain
    WHERE r.state = 'active' AND (
      (r.parked_at IS NOT NULL AND r.due_at IS NOT NULL)
      OR (r.due_at IS NULL AND NOT EXISTS (SELECT 1 FROM resumes s WHERE s.chain = c.number) AND (
        (r.parked_at IS NOT NULL AND c.status NOT IN ('paused', 'archived'))
        OR (r.parked_at IS NULL AND c.status <> 'archived' AND NOT EXISTS (
          SELECT 1 FROM messages m WHERE m.run = r.id AND m.step = r.step AND (
            m.status IN ('planned', 'sending') OR c.status = 'paused'
            OR m.id IN (SELECT message FROM events WHERE seq > $1 AND message IS NOT NULL)))))))
    """

  private struct Outcome: Hashable {
    let chain: Int64
    let version: Int64
    let outcome: String
  }

  private static func checkBooks(_ db: Connection, _ notes: AuditNotes) throws {
    var rows: [Outcome: Int64] = [:]
    var counted: [Outcome: Int64] = [:]
    func add(_ row: Row, _ outcome: String, _ count: Int64) {
      rows[Outcome(chain: row.int(1), version: row.int(2), outcome: outcome), default: 0] &+= count
    }
    let last = try db.first("SELECT max(id) FROM runs") { $0.int(0) } ?? 0
    let sql = "SELECT id, chain, version, state = 'ended', coalesce(reason, '') FROM runs ORDER BY id"
    try notes.walk(db, sql, to: last) { row in
      add(row, "entered", 1)
      if row.bool(3) { add(row, row.text(4), 1) }
    }
    try db.each("SELECT count, chain, version, reason FROM retired_runs") { row in
      add(row, "entered", row.int(0))
      add(row, row.text(3), row.int(0))
      return true
    }
    try db.each("SELECT chain, version, outcome, count FROM chain_counters WHERE step = ''") { row in
      let (outcome, count) = (row.text(2), row.int(3))
      func add(_ outcome: String, _ count: Int64) {
        counted[Outcome(chain: row.int(0), version: row.int(1), outcome: outcome), default: 0] &+= count
      }
      switch outcome {
      // A run is of the version that an edit has brought it to.
      case "entered", "joined": add("entered", count)
      case "followed": add("entered", -count)
      default: if Counters.isEnd(outcome) { add(outcome, count) }
      }
      return true
    }
    let names = try ChainNames(db)
    for what in Set(rows.keys).union(counted.keys) where rows[what] ?? 0 != counted[what] ?? 0 {
      notes.find(
        "\(names[what.chain]) version \(what.version): \(rows[what] ?? 0) runs \(what.outcome), "
          + "\(counted[what] ?? 0) counted")
    }
  }
}

/// Chains as people know them.
public struct ChainNames {
  private let names: [Int64: String]

  public init(_ db: Connection) throws {
    names = Dictionary(
      try db.query("SELECT number, id FROM chains") { ($0.int(0), $0.text(1)) }, uniquingKeysWith: { $1 })
  }

  public subscript(number: Int64) -> String { names[number] ?? "chain number \(number)" }
}
