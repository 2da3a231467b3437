public import Domain
public import SQL

/// Deletes events that have been kept long enough, the oldest first. Each length of time has its own way through the
/// log, since acceptance only rises: how far it has come is kept in the file. Never the last event, whose seq the next
/// one follows, nor one that has still to act or whose id is still remembered, nor one that a run needs: that one goes
/// when it is needed no more.
public final class EventExpiry: Sweeper {
  /// The events that some run still needs, after a seq and through another, at a time.
  public typealias Needed = (_ after: Int64, _ through: Int64, _ now: Int64, Connection) throws -> [Int64]

  public let kind = "events"
  private let log: EventLog
  private let rules: [ExpiryRule]
  private let acted: () -> Int64
  private let needed: Needed
  /// By rule, the last seq that it has passed; nil: to be read from the file.
  private var passed: [Int64]?
  /// The rule whose turn it is; after the last, what was kept for runs is looked at again.
  private var turn = 0
  private var lastKept: Int64 = 0
  private var next: Int64?

  /// - Parameter acted: the last event that has.
  public init(
    _ retention: RetentionPolicy, log: EventLog, acted: @escaping () -> Int64, needed: @escaping Needed
  ) {
    (self.log, self.acted, self.needed) = (log, acted, needed)
    rules = ExpiryRule.all(of: retention)
  }

  public func forget() { (passed, turn, lastKept, next) = (nil, 0, 0, nil) }

  public func sweep(_ db: Connection, now: Int64, limit: Int) throws -> Sweep {
    var sweep = Sweep()
    if passed == nil { passed = try readProgress(db) }
    while turn <= rules.count {
      let left = limit - sweep.visited
      let slice = turn < rules.count ? try pass(turn, now, left, db) : try lookAtKept(now, left, db)
      sweep.visited += slice.visited
      sweep.deleted += slice.deleted
      guard slice.isOver else { return sweep }
      next = [next, slice.next].compactMap { $0 }.min()
      turn += 1
    }
    (sweep.isOver, sweep.next) = (true, next)
    (turn, lastKept, next) = (0, 0, nil)
    return sweep
  }

  /// From this seq on everything stays as yet.
  public var end: Int64 { min(log.lastSeq, acted() + 1) }

  /// What is gone from the log, but for single events: by condition on a column `type`, through which seq.
  public func gone(_ db: Connection) throws -> [(types: String, through: Int64)] {
    let passed = try self.passed ?? readProgress(db)
    return zip(rules, passed).map { ($0.types(log), $1) }
  }
}

extension EventExpiry {
  private func pass(_ index: Int, _ now: Int64, _ limit: Int, _ db: Connection) throws -> Sweep {
    let rule = rules[index]
    let first = passed?[index] ?? 0
    let age = RetentionPolicy.limit(rule.span, at: Timestamp(milliseconds: now)).milliseconds
    let sql = """
      SELECT count(*), count(CASE WHEN accepted_at <= $4 THEN 1 END), max(CASE WHEN accepted_at <= $4 THEN seq END)
      FROM (SELECT seq, accepted_at FROM events WHERE seq > $1 AND seq < $2 ORDER BY seq LIMIT $3)
      """
    let parameters: [SQLValue] = [
      .int(first), .int(end), .int(limit), .int(min(age, now - log.windowMilliseconds - 1)),
    ]
    let found = try db.first(sql, parameters) { (visited: Int($0.int(0)), old: Int($0.int(1)), last: $0.int(2)) }
    var sweep = Sweep(visited: found?.visited ?? 0, isOver: (found?.old ?? 0) < limit)
    var last = first
    if let found, found.old > 0 {
      last = found.last
      sweep.deleted = try delete(rule.types(log), after: first, through: last, now, db)
      passed?[index] = last
      try write(rule.name, last, db)
    }
    if sweep.isOver {
      sweep.next = try acceptance(after: last, db).map {
        max(RetentionPolicy.end(rule.span, of: $0).milliseconds, $0.milliseconds + log.windowMilliseconds + 1)
      }
    }
    return sweep
  }

  private func delete(
    _ types: String, after first: Int64, through last: Int64, _ now: Int64, _ db: Connection
  ) throws -> Int {
    for seq in try needed(first, last, now, db) {
      let sql =
        "INSERT INTO kept_events (seq) SELECT seq FROM events WHERE seq = $1 AND \(types) ON CONFLICT DO NOTHING"
      try db.run(sql, [.int(seq)])
    }
    let sql = """
      DELETE FROM events WHERE seq > $1 AND seq <= $2 AND \(types)
        AND seq NOT IN (SELECT seq FROM kept_events WHERE seq > $1 AND seq <= $2)
      """
    return try db.run(sql, [.int(first), .int(last)])
  }

  private func acceptance(after seq: Int64, _ db: Connection) throws -> Timestamp? {
    try db.first(
      "SELECT accepted_at FROM events WHERE seq > $1 AND seq < $2 ORDER BY seq LIMIT 1",
      [.int(seq), .int(end)]
    ) { Timestamp(milliseconds: $0.int(0)) }
  }

  /// Runs end: what was kept for them may go.
  private func lookAtKept(_ now: Int64, _ limit: Int, _ db: Connection) throws -> Sweep {
    let kept = try db.query(
      "SELECT seq FROM kept_events WHERE seq > $1 ORDER BY seq LIMIT $2", [.int(lastKept), .int(limit)]
    ) { $0.int(0) }
    var sweep = Sweep(visited: kept.count, isOver: kept.count < limit)
    for seq in kept where try needed(seq - 1, seq, now, db).isEmpty {
      sweep.deleted += try db.run("DELETE FROM events WHERE seq = $1", [.int(seq)])
      try db.run("DELETE FROM kept_events WHERE seq = $1", [.int(seq)])
    }
    lastKept = kept.last ?? 0
    return sweep
  }

  private static let prefix = "log "
  /// Something was deleted by other rules.
  private static let earlierRules = "earlier rules"

  /// Other rules than last time have other ways: each begins at the log's beginning.
  private func readProgress(_ db: Connection) throws -> [Int64] {
    let sql = "SELECT name, value FROM retention_progress WHERE name >= $1 AND name < $2"
    let rows = try db.query(sql, [.text(Self.prefix), .text("log!")]) { ($0.text(0), $0.int(1)) }
    let known = Dictionary(rows) { _, last in last }
    if Set(known.keys) == Set(rules.map { Self.prefix + $0.name }) {
      return rules.map { known[Self.prefix + $0.name] ?? 0 }
    }
    if known.values.contains(where: { $0 > 0 }) { try RetentionProgress.write(Self.earlierRules, 1, db) }
    for name in known.keys.sorted() { try db.run("DELETE FROM retention_progress WHERE name = $1", [.text(name)]) }
    try db.run("DELETE FROM kept_events")
    for rule in rules { try write(rule.name, 0, db) }
    return rules.map { _ in 0 }
  }

  private func write(_ rule: String, _ seq: Int64, _ db: Connection) throws {
    try RetentionProgress.write(Self.prefix + rule, seq, db)
  }
}

/// Event types that are kept for the same time.
private struct ExpiryRule {
  let span: Span
  let listed: [String]
  /// All but those listed.
  let isRest: Bool

  static func all(of retention: RetentionPolicy) -> [ExpiryRule] {
    let bySpan = Dictionary(grouping: retention.types.keys) { retention.types[$0] ?? Span() }
    var rules = bySpan.map { ExpiryRule(span: $0, listed: $1.sorted(), isRest: false) }
    if let rest = retention.events {
      rules.append(ExpiryRule(span: rest, listed: retention.types.keys.sorted(), isRest: true))
    }
    return rules.sorted { $0.name < $1.name }
  }

  /// The same as long as it means the same.
  var name: String {
    "\(span.months) \(span.days) \(span.milliseconds)" + (isRest ? " all but " : " ") + listed.joined(separator: " ")
  }

  /// A condition on the column `type`.
  func types(_ log: EventLog) -> String {
    let numbers = listed.compactMap { log.number(ofType: $0) }.map(String.init).joined(separator: ", ")
    return "type \(isRest ? "NOT IN" : "IN") (\(numbers))"
  }
}
