import Delivery
import Domain
import Engine
import Ingest
import JSON
import SQL

/// The engine, with something done to the runs and messages that it has just made. Books stay in order: nothing but the
/// decision itself is wrong.
final class BadEngine: Wrapper {
  typealias Deed = (BadEngine, Connection, _ now: Int64) throws -> Bool

  private let before: (BadEngine, Connection, Int64) throws -> Void
  private let deed: Deed
  /// The newest rows before the round.
  private var (lastRun, lastMessage): (Int64, Int64) = (0, 0)
  private var lastActed: Int64 = 0

  /// - Parameter deed: says whether the engine is to look again.
  init(
    _ parts: PlantedBug.Parts, before: @escaping (BadEngine, Connection, Int64) throws -> Void = { _, _, _ in },
    deed: @escaping Deed
  ) {
    (self.before, self.deed) = (before, deed)
    super.init(parts)
  }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    lastRun = try db.first("SELECT coalesce(max(id), 0) FROM runs") { $0.int(0) } ?? 0
    lastMessage = try db.first("SELECT coalesce(max(id), 0) FROM messages") { $0.int(0) } ?? 0
    lastActed = parts.engine.actedSeq
    try before(self, db, now)
    let progress = try inner.work(db, now: now)
    guard try deed(self, db, now) else { return progress }
    try parts.counters.write(db)
    // What it knows of what is due is over.
    inner.rolledBack()
    return .more
  }

  /// Every tenth event lets nobody in.
  static func forgetEntries(_ engine: BadEngine, _ db: Connection, _ now: Int64) throws -> Bool {
    let sql = """
      DELETE FROM runs WHERE id > $1 AND entry_seq % 10 = 3 AND state = 'active' AND id NOT IN (SELECT run FROM messages)
      RETURNING chain, version
      """
    let rows = try db.query(sql, [.int(engine.lastRun)]) { ($0.int(0), $0.int(1)) }
    try db.run("DELETE FROM run_moves WHERE run NOT IN (SELECT id FROM runs)")
    for (chain, version) in rows { engine.count(chain, version, "", "entered", -1) }
    return !rows.isEmpty
  }

  /// A `wait_for` ends two hours too late: till then events count.
  static func listenLonger(_ engine: BadEngine, _ db: Connection, _ now: Int64) throws -> Bool {
    let sql = """
      UPDATE runs SET due_at = due_at + 7200000, step_due_at = step_due_at + 7200000
      WHERE id > $1 AND step = 0 AND chain = \(fixed)
      """
    return try db.run(sql, [.int(engine.lastRun)]) > 0
  }

  /// Who has been told that he left, and buys after all, is told that too.
  static func flip(_ engine: BadEngine, _ db: Connection, _ now: Int64) throws -> Bool {
    try engine.tellMore(
      """
      EXISTS (SELECT 1 FROM fresh_timeline f JOIN event_types y ON y.id = f.type
        WHERE f.contact = m.contact AND f.seq > \(engine.lastActed) AND y.name IN ('purchase', 'visit', 'cart'))
      """, db, now)
  }

  /// No event wakes who waits for it; what it says counts when his time is over.
  static func sleep(_ engine: BadEngine, _ db: Connection, _ now: Int64) throws -> Bool {
    try db.run("UPDATE runs SET step_due_at = NULL WHERE step = 0 AND due_at > $1 AND chain = \(fixed)", [.int(now)])
    return false
  }

  static func wakeUp(_ engine: BadEngine, _ db: Connection, _ now: Int64) throws {
    try db.run("UPDATE runs SET step_due_at = due_at WHERE step = 0 AND due_at <= $1 AND chain = \(fixed)", [.int(now)])
  }

  /// Who is told that he left is told, too, that he has bought.
  static func planTwice(_ engine: BadEngine, _ db: Connection, _ now: Int64) throws -> Bool {
    try engine.tellMore("id > \(engine.lastMessage)", db, now)
  }

  /// - Parameter condition: of messages `m` to those who left.
  private func tellMore(_ condition: String, _ db: Connection, _ now: Int64) throws -> Bool {
    let columns = "run, chain, version, contact, channel, purpose, template, planned_at, expires_at"
    let sql = """
      INSERT INTO messages (step, label, status, due_at, \(columns))
      SELECT 1, '\(FixedChain.bought)', 'planned', $1, \(columns) FROM messages m
      WHERE chain = \(Self.fixed) AND label = '\(FixedChain.left)' AND \(condition)
      ON CONFLICT DO NOTHING RETURNING chain, version, channel
      """
    let rows = try db.query(sql, [.int(now)]) { ($0.int(0), $0.int(1), $0.text(2)) }
    for (chain, version, channel) in rows {
      count(chain, version, FixedChain.bought, "planned", 1)
      count(chain, version, FixedChain.bought, Counters.pending, 1)
      parts.counters.move(channel, from: nil, to: "planned")
    }
    return !rows.isEmpty
  }

  private static let fixed = "(SELECT number FROM chains WHERE id = '\(FixedChain.id)')"

  private func count(_ chain: Int64, _ version: Int64, _ step: String, _ outcome: String, _ amount: Int64) {
    parts.counters.count(Counters.Key(chain: chain, version: version, step: step, outcome: outcome), by: amount)
  }
}

/// The gate, before which some messages that are due are disposed of: in good order, but for no reason.
final class BadGate: Wrapper {
  private let every: Int
  private let putsOff: Bool

  override var inner: any Duty { parts.delivery }

  /// - Parameter every: one of so many messages.
  init(_ parts: PlantedBug.Parts, every: Int, putsOff: Bool = false) {
    (self.every, self.putsOff) = (every, putsOff)
    super.init(parts)
  }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    if putsOff {
      let sql = """
        UPDATE messages SET due_at = due_at + 600000
        WHERE status = 'planned' AND due_at <= $1 AND id % $2 = 0 AND due_at = planned_at AND attempts = 0
        """
      try db.run(sql, [.int(now), .int(Int64(every))])
      return try inner.work(db, now: now)
    }
    let sql = """
      SELECT m.id, contact, channel, label, c.id, m.chain, version FROM messages m JOIN chains c ON c.number = m.chain
      WHERE m.status = 'planned' AND due_at <= $1 AND m.id % $2 = 0
      """
    let skipped = try db.query(sql, [.int(now), .int(Int64(every))]) { row in
      let event = MessageEvent(
        type: "message.skipped", message: row.int(0), contact: row.int(1), channel: row.text(2), chain: row.text(4),
        step: row.text(3), more: ["reason": "suppressed"])
      return (event: event, chain: row.int(5), version: row.int(6))
    }
    for (event, chain, version) in skipped {
      let sql = "UPDATE messages SET status = 'skipped', due_at = NULL, error = 'suppressed' WHERE id = $1"
      try db.run(sql, [.int(event.message)])
      parts.counters.move(event.channel, from: "planned", to: "skipped")
      parts.counters.close(chain: chain, version: version, step: event.step)
      try parts.log.append(own: [event.incoming], now: now, db)
    }
    let progress = try inner.work(db, now: now)
    return skipped.isEmpty ? progress : .more
  }
}

extension PlantedBug {
  /// Of what is decided: who enters, which way a run goes, what becomes of a message.
  static var ofDecisions: [(bug: PlantedBug, breaks: Set<String>)] {
    func engine(_ name: String, _ deed: @escaping BadEngine.Deed) -> PlantedBug {
      PlantedBug(name: name, engine: { BadEngine($0, deed: deed) })
    }
    func gate(_ name: String, every: Int, putsOff: Bool = false) -> PlantedBug {
      PlantedBug(name: name, delivery: { BadGate($0, every: every, putsOff: putsOff) })
    }
    return [
      (engine("every tenth event lets nobody in", BadEngine.forgetEntries), ["who should enters, once"]),
      (
        engine("events count after a wait's end", BadEngine.listenLonger),
        ["a branch is decided by what came in time"]
      ),
      (engine("a late event flips the branch", BadEngine.flip), ["a run sends what its way says"]),
      (
        PlantedBug(
          name: "no event wakes who waits for it",
          engine: { BadEngine($0, before: BadEngine.wakeUp, deed: BadEngine.sleep) }),
        ["a branch is decided by what came in time"]
      ),
      (engine("a message is planned twice, under two steps", BadEngine.planTwice), ["a run sends what its way says"]),
      (gate("the gate skips everything", every: 1), ["a message ends for a true reason"]),
      (gate("the gate skips every tenth message", every: 10), ["a message ends for a true reason"]),
      (
        gate("the gate puts every tenth message off", every: 10, putsOff: true),
        ["no message is put off without a cause"]
      ),
    ]
  }
}
