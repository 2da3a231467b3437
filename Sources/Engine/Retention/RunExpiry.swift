public import Domain
public import SQL

/// Deletes runs that ended long enough ago, when no rule needs them any more: not while `reenter` has to know of the
/// entry, a goal is still looked for, or messages of theirs are there. They stay in the books (`retired_runs`).
///
/// The first walk begins at the oldest; what had to stay is looked at again in every walk.
public final class RunExpiry: Sweeper {
  private struct Row {
    let id: Int64
    let chain: Int64
    let version: Int64
    let enteredAt: Timestamp
    let isOld: Bool
    let reason: String
  }

  private struct Retired: Hashable, Comparable {
    let chain: Int64
    let version: Int64
    let reason: String

    static func < (a: Retired, b: Retired) -> Bool {
      (a.chain, a.version, a.reason) < (b.chain, b.version, b.reason)
    }
  }

  public let kind = "runs"
  private let span: Span
  private let catalog: ChainCatalog
  private let zone: Zone
  private var last: Int64 = 0

  public init(_ span: Span, catalog: ChainCatalog, rules: Rules) {
    (self.span, self.catalog, zone) = (span, catalog, rules.shopZone)
  }

  public func forget() { last = 0 }

  public func sweep(_ db: Connection, now: Int64, limit: Int) throws -> Sweep {
    let now = Timestamp(milliseconds: now)
    let age = RetentionPolicy.limit(span, at: now)
    let rows = try read(age, now, limit, db)
    // Ids rise with the time of entry.
    let old = rows.prefix { $0.enteredAt <= age }
    var retired: [Retired: Int64] = [:]
    var sweep = Sweep(visited: rows.count, isOver: old.count < limit)
    for row in old where row.isOld {
      guard try isFree(row, now, db) else { continue }
      let sql = "DELETE FROM runs WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM messages WHERE run = $1)"
      guard try db.run(sql, [.int(row.id)]) == 1 else { continue }
      try RunMoves.delete(of: row.id, db)
      sweep.deleted += 1
      retired[Retired(chain: row.chain, version: row.version, reason: row.reason), default: 0] += 1
    }
    try count(retired, db)
    last = sweep.isOver ? 0 : old.last?.id ?? 0
    sweep.next = rows.dropFirst(old.count).first.map { RetentionPolicy.end(span, of: $0.enteredAt).milliseconds }
    return sweep
  }

  /// Never the last: its id would be given again.
  private func read(_ age: Timestamp, _ now: Timestamp, _ limit: Int, _ db: Connection) throws -> [Row] {
    let sql = """
      SELECT id, chain, version, entered_at, coalesce(reason, ''),
        state = 'ended' AND once = 0 AND ended_at <= $3 AND (goal_until IS NULL OR goal_until <= $4)
      FROM runs WHERE id > $1 AND id < (SELECT max(id) FROM runs) ORDER BY id LIMIT $2
      """
    let parameters: [SQLValue] = [.int(last), .int(limit), .int(age.milliseconds), .int(now.milliseconds)]
    return try db.query(sql, parameters) {
      Row(
        id: $0.int(0), chain: $0.int(1), version: $0.int(2), enteredAt: Timestamp(milliseconds: $0.int(3)),
        isOld: $0.bool(5), reason: $0.text(4))
    }
  }

  /// Whether the chain's rule for coming in again has no use for the entry. One that cannot be read may have.
  private func isFree(_ row: Row, _ now: Timestamp, _ db: Connection) throws -> Bool {
    guard let entry = catalog.entry(row.chain), let live = entry.liveVersion else { return false }
    do {
      switch try catalog.version(row.chain, live, db)?.chain.reenter {
      case .never, nil: return false
      case .after(let span): return RetentionPolicy.end(span, of: row.enteredAt) <= now
      case .always, .afterExit, .restart: return true
      }
    } catch is UnreadableVersion {
      return false
    }
  }

  private func count(_ retired: [Retired: Int64], _ db: Connection) throws {
    for (what, count) in retired.sorted(by: { $0.key < $1.key }) {
      let sql = """
        INSERT INTO retired_runs (chain, version, reason, count) VALUES ($1, $2, $3, $4)
        ON CONFLICT (chain, version, reason) DO UPDATE SET count = count + excluded.count
        """
      try db.run(sql, [.int(what.chain), .int(what.version), .text(what.reason), .int(count)])
    }
  }
}
