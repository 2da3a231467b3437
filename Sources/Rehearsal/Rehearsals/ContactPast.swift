import Domain
import SQL

/// What is read of a contact's past in the live file, as rows.
struct ContactPast: Sendable {
  /// Of a type, the newest: more than conditions look at.
  private static let mostEvents = 10_000
  private static let mostMessages = 2_000
  /// For caps and for what a chain gives once in a while.
  private static let messageDays: Int64 = 366

  let wish: RehearsalWish
  let span: PastSpan
  /// event_types.id of what the chain may look at.
  let types: [Int64]
  let eventColumns: [String]
  let messageColumns: [String]
  let runColumns: [String]

  init(_ wish: RehearsalWish, _ span: PastSpan, types: [Int64], _ db: Connection) throws {
    (self.wish, self.span, self.types) = (wish, span, types)
    // What a letter saw is large, and nobody asks for it.
    messageColumns = try PastTable(name: "messages", key: []).columns(db).filter { $0 != "values" }
    eventColumns = try PastTable(name: "events", key: []).columns(db).filter { $0 != "id" && $0 != "message" }
    runColumns = try PastTable(name: "runs", key: []).columns(db)
  }

  struct Rows: Sendable {
    var events: [[SQLValue]] = []
    var messages: [[SQLValue]] = []
    var runs: [[SQLValue]] = []
    /// The chain's own messages of the time that is rehearsed.
    var recorded: [[SQLValue]] = []
  }

  /// - Parameters:
  ///   - fresh: seqs of events that the live timeline held in the order of the log.
  ///   - now: what happened later comes with the log.
  func rows(of contact: Int64, fresh: [Int64], now: Timestamp, _ live: Connection) throws -> Rows {
    Rows(
      events: try events(of: contact, fresh, live), messages: try messages(of: contact, now: now, live),
      runs: try runs(of: contact, live), recorded: try recorded(of: contact, live))
  }

  private func events(of contact: Int64, _ fresh: [Int64], _ live: Connection) throws -> [[SQLValue]] {
    let columns = eventColumns.map { "e.\($0)" }.joined(separator: ", ")
    var events: [[SQLValue]] = []
    for type in types {
      let sql = """
        SELECT \(columns) FROM timeline t JOIN events e ON e.seq = t.seq
        WHERE t.contact = $1 AND t.type = $2 AND t.seq <= $3 ORDER BY t.at DESC, t.seq DESC LIMIT $4
        """
      events += try live.query(sql, [.int(contact), .int(type), .int(span.before), .int(Self.mostEvents)]) { $0.values }
    }
    for seq in fresh {
      events += try live.query("SELECT \(columns) FROM events e WHERE e.seq = $1", [.int(seq)]) { $0.values }
    }
    return events
  }

  /// Those of other chains by now, and the chain's own from before.
  private func messages(of contact: Int64, now: Timestamp, _ live: Connection) throws -> [[SQLValue]] {
    let sql = """
      SELECT \(messageColumns.joined(separator: ", ")) FROM messages
      WHERE contact = $1 AND sent_at IS NOT NULL AND sent_at > $2 AND (sent_at < $3 OR (chain <> $4 AND sent_at <= $5))
      ORDER BY id DESC LIMIT $6
      """
    let since = wish.from.milliseconds - Self.messageDays * LocalTime.millisecondsPerDay
    return try live.query(
      sql,
      [
        .int(contact), .int(since), .int(wish.from.milliseconds), .int(wish.number), .int(now.milliseconds),
        .int(Self.mostMessages),
      ]
    ) { $0.values }
  }

  /// Of the chain, that were over before: `reenter` asks for them.
  private func runs(of contact: Int64, _ live: Connection) throws -> [[SQLValue]] {
    let sql = """
      SELECT \(runColumns.joined(separator: ", ")) FROM runs
      WHERE contact = $1 AND chain = $2 AND state = 'ended' AND ended_at < $3 ORDER BY id DESC LIMIT $4
      """
    let parameters: [SQLValue] = [
      .int(contact), .int(wish.number), .int(wish.from.milliseconds), .int(Self.mostMessages),
    ]
    let due = ["due_at", "goal_until", "parked_at", "step_due_at"].compactMap { runColumns.firstIndex(of: $0) }
    return try live.query(sql, parameters) { row in
      var values = row.values
      for column in due { values[column] = .null }
      return values
    }
  }

  private func recorded(of contact: Int64, _ live: Connection) throws -> [[SQLValue]] {
    let sql = """
      SELECT m.contact, m.label, r.entry_seq, r.entry_at, m.id, m.status, m.planned_at, m.sent_at, m.error
      FROM messages m JOIN runs r ON r.id = m.run
      WHERE m.contact = $1 AND m.chain = $2 AND m.planned_at >= $3 AND m.planned_at <= $4
      ORDER BY m.id LIMIT $5
      """
    return try live.query(
      sql,
      [
        .int(contact), .int(wish.number), .int(wish.from.milliseconds), .int(wish.to.milliseconds),
        .int(Self.mostMessages),
      ]
    ) { $0.values }
  }
}
