import Domain
import SQL

/// No wait ends early: remembers where every run stood, and when it goes on, works out anew the earliest moment.
struct WaitWatch {
  private struct Standing {
    let chain: Int64
    let version: Int64
    let step: Int
    let stepAt: Int64
    let enteredAt: Int64
    /// All that have been his since the step began.
    var zones: [Zone]
  }

  private let db: Connection
  private let documents: Documents
  private let rules: Rules
  private var standing: [Int64: Standing] = [:]

  init(_ db: Connection, _ documents: Documents, _ rules: Rules) {
    (self.db, self.documents, self.rules) = (db, documents, rules)
  }

  /// - Parameter changed: the runs to look at, nil: all.
  mutating func check(wall: Int64, changed: Set<Int64>?) throws {
    guard let changed else {
      let active = try db.query("SELECT id FROM runs WHERE state = 'active'") { $0.int(0) }
      return try check(wall: wall, changed: Set(active).union(standing.keys))
    }
    for run in changed.sorted() {
      let before = standing[run]
      let after = try look(run, before)
      standing[run] = after
      guard let before else { continue }
      if let after {
        // An edit may put a run anywhere.
        if after.version == before.version, after.step != before.step {
          try check(run, before, left: after.stepAt, to: after.step, wall: wall)
        }
      } else if let (ended, reason, version) = try end(run), reason == "completed", version == before.version {
        try check(run, before, left: ended, to: nil, wall: wall)
      }
    }
  }

  /// Nil: it is over.
  private func look(_ run: Int64, _ before: Standing?) throws -> Standing? {
    let sql = """
      SELECT r.chain, r.version, r.step, r.step_at, r.entered_at, c.time_zone
      FROM runs r JOIN contacts c ON c.id = r.contact WHERE r.id = $1 AND r.state = 'active'
      """
    return try db.first(sql, [.int(run)]) { row in
      let (step, stepAt) = (Int(row.int(2)), row.int(3))
      // Who moves to another zone while he waits, or turns out to be somebody who lives there, is looked at by each clock
      // that was his.
      let known = before.flatMap { $0.step == step && $0.stepAt == stepAt ? $0.zones : nil } ?? []
      let zone = row.optionalText(5).flatMap { Zone($0) } ?? rules.shopZone
      return Standing(
        chain: row.int(0), version: row.int(1), step: step, stepAt: stepAt, enteredAt: row.int(4),
        zones: known.contains { $0.identifier == zone.identifier } ? known : known + [zone])
    }
  }

  private func zone(of run: Int64) throws -> Zone? {
    let sql = "SELECT c.time_zone FROM runs r JOIN contacts c ON c.id = r.contact WHERE r.id = $1"
    return try db.first(sql, [.int(run)]) { $0.optionalText(0).flatMap { Zone($0) } ?? rules.shopZone }
  }

  private func end(_ run: Int64) throws -> (Int64, String, Int64)? {
    try db.first("SELECT ended_at, reason, version FROM runs WHERE id = $1", [.int(run)]) {
      ($0.int(0), $0.text(1), $0.int(2))
    }
  }

  /// - Parameter left: when the server says that the run went on: at that step, or later.
  private func check(_ run: Int64, _ before: Standing, left: Int64, to next: Int?, wall: Int64) throws {
    var before = before
    if let zone = try zone(of: run) { before.zones.append(zone) }
    guard let earliest = try earliest(before, next: next) else { return }
    guard left < earliest || wall < earliest else { return }
    throw Violation(
      "no wait ends early",
      "run \(run) left step \(before.step) at \(left), wall \(wall), and not before \(earliest) was allowed")
  }

  /// Nil where an event may end the step.
  private func earliest(_ standing: Standing, next: Int?) throws -> Int64? {
    let chain = try documents.version(standing.chain, standing.version).chain
    guard chain.program.indices.contains(standing.step) else { return nil }
    let step = chain.program[standing.step]
    switch step.kind {
    case .wait(let wait):
      switch wait.since {
      case .ownStart: return after(wait.atLeast, standing.stepAt)
      case .entry: return after(wait.atLeast, standing.enteredAt)
      case .step: return nil
      }
    case .waitFor(let wait):
      // Inside its `else`, only time can have brought it.
      let isElse =
        next == wait.otherwise && chain.program.indices.contains(wait.otherwise)
        && chain.program[wait.otherwise].pointer.hasPrefix(step.pointer + "/else")
      return isElse ? after(wait.atMost, standing.stepAt) : nil
    case .waitUntil(.clock(let clock, _)):
      return standing.zones.map { zone in
        let local = zone.local(Timestamp(milliseconds: standing.stepAt))
        let today = zone.moment(of: LocalTime(date: local.date, millisecondOfDay: Int64(clock.minute) * 60_000))
        return max(today.milliseconds, standing.stepAt)
      }.min()
    case .waitUntil, .send, .branch, .choose, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit: return nil
    }
  }

  /// Calendar days may be an hour or two shorter than 24 hours each where clocks change.
  private func after(_ span: Span, _ moment: Int64) -> Int64 {
    let isExact = span.days == 0 && span.months == 0
    return moment + span.approximateMilliseconds - (isExact ? 0 : 2 * 3_600_000)
  }
}
