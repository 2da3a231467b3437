public import Domain
public import SQL

/// Deletes messages that are over and were planned long enough ago, with their tasks: not while their run is active or
/// its goal is looked for, which ask after them, nor while an operator has the task. They stay in the books
/// (`retired_messages`); what people do with their links later still works, and is counted no more.
///
/// The first walk begins at the oldest; what had to stay is looked at again in every walk.
public final class MessageExpiry: Sweeper {
  private struct Row {
    let id: Int64
    let plannedAt: Timestamp
    let isOver: Bool
    let retired: Retired
  }

  private struct Retired: Hashable, Comparable {
    let chain: Int64
    let version: Int64
    let label: String
    let channel: String
    let status: String

    static func < (a: Retired, b: Retired) -> Bool {
      (a.chain, a.version, a.label, a.channel, a.status) < (b.chain, b.version, b.label, b.channel, b.status)
    }
  }

  public let kind = "messages"
  private let span: Span
  private var last: Int64 = 0

  public init(_ span: Span) { self.span = span }

  public func forget() { last = 0 }

  public func sweep(_ db: Connection, now: Int64, limit: Int) throws -> Sweep {
    let age = RetentionPolicy.limit(span, at: Timestamp(milliseconds: now))
    let rows = try read(age, now, limit, db)
    // Ids rise with the time of planning.
    let old = rows.prefix { $0.plannedAt <= age }
    var retired: [Retired: Int64] = [:]
    var sweep = Sweep(visited: rows.count, isOver: old.count < limit)
    for row in old where row.isOver {
      try db.run("DELETE FROM tasks WHERE message = $1", [.int(row.id)])
      sweep.deleted += try db.run("DELETE FROM messages WHERE id = $1", [.int(row.id)])
      retired[row.retired, default: 0] += 1
    }
    try count(retired, db)
    last = sweep.isOver ? 0 : old.last?.id ?? 0
    sweep.next = rows.dropFirst(old.count).first.map { RetentionPolicy.end(span, of: $0.plannedAt).milliseconds }
    return sweep
  }

  /// Never the last message nor the last task: their ids would be given again.
  private func read(_ age: Timestamp, _ now: Int64, _ limit: Int, _ db: Connection) throws -> [Row] {
    let sql = """
      SELECT id, planned_at, chain, version, label, channel, status,
        planned_at <= $3 AND status IN ('sent', 'failed', 'skipped', 'unknown')
          AND (sent_at IS NULL OR sent_at <= $3)
          AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = m.run AND (r.state = 'active' OR r.goal_until > $4))
          AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.message = m.id
            AND (t.status IN ('open', 'claimed') OR t.id = (SELECT max(id) FROM tasks)))
      FROM messages m WHERE id > $1 AND id < (SELECT max(id) FROM messages) ORDER BY id LIMIT $2
      """
    return try db.query(sql, [.int(last), .int(limit), .int(age.milliseconds), .int(now)]) { row in
      Row(
        id: row.int(0), plannedAt: Timestamp(milliseconds: row.int(1)), isOver: row.bool(7),
        retired: Retired(
          chain: row.int(2), version: row.int(3), label: row.text(4), channel: row.text(5), status: row.text(6)))
    }
  }

  private func count(_ retired: [Retired: Int64], _ db: Connection) throws {
    for (what, count) in retired.sorted(by: { $0.key < $1.key }) {
      let sql = """
        INSERT INTO retired_messages (chain, version, label, channel, status, count) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (chain, version, label, channel, status) DO UPDATE SET count = count + excluded.count
        """
      try db.run(
        sql,
        [
          .int(what.chain), .int(what.version), .text(what.label), .text(what.channel), .text(what.status),
          .int(count),
        ])
    }
  }
}
