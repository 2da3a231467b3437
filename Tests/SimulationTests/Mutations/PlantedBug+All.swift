import Domain
import Engine
import Ingest
import SQL

extension PlantedBug {
  /// Each with the promises of which one must be seen broken.
  static var all: [(bug: PlantedBug, breaks: Set<String>)] {
    [
      (
        PlantedBug(name: "the cursor is committed a round before its consequences", engine: { EarlyCursor($0) }),
        ["the timeline is complete up to the cursor"]
      ),
      (
        PlantedBug(name: "messages are handed over before the commit", delivery: { EarlyHandOver($0) }),
        ["the intent is on disk before the hand-over", "a message is handed over once"]
      ),
      (
        PlantedBug(name: "after a restart claims are replayed past ledger and gate", replaysClaims: true),
        ["the intent is on disk before the hand-over", "a message is handed over once"]
      ),
      (
        PlantedBug(name: "a batch is appended twice", events: { $0 + $0.map(\.withoutID) }),
        ["a sending is stored once"]
      ),
      (
        PlantedBug(name: "clients hear 202 before the commit", answersEarly: true),
        ["no acknowledged event is lost"]
      ),
      (
        PlantedBug(name: "every provider is trusted to know messages by their key", trustsProviders: true),
        ["a message is handed over once"]
      ),
      (
        PlantedBug(name: "a resume forgets what the pause had parked", resumesHalf: true),
        ["no run is stuck"]
      ),
      (
        PlantedBug(name: "the engine's clock is an hour fast", engine: { FastClock($0) }),
        ["no wait ends early"]
      ),
      (
        PlantedBug(name: "figures of the engine are lost", engine: { LostFigures($0) }),
        ["the books balance", "entries and ends are counted", "every planned message is counted"]
      ),
      (
        PlantedBug(name: "the gate does not see suppressions", delivery: { BlindGate($0) }),
        ["no hand-over after a suppression", "no hand-over after an unsubscribe"]
      ),
      (
        PlantedBug(name: "what the engine has in memory survives a lost round", engine: { Unforgetful($0) }),
        ["the timeline is complete up to the cursor", "the books balance", "entries and ends are counted"]
      ),
    ]
  }
}

extension IncomingEvent {
  fileprivate var withoutID: IncomingEvent {
    var event = self
    event.id = nil
    return event
  }
}

/// A duty around another, which does what the other does.
class Wrapper: Duty {
  let parts: PlantedBug.Parts

  init(_ parts: PlantedBug.Parts) { self.parts = parts }

  var inner: any Duty { parts.engine }

  func work(_ db: Connection, now: Int64) throws -> DutyProgress { try inner.work(db, now: now) }

  func committed() { inner.committed() }

  func rolledBack() { inner.rolledBack() }
}

private final class EarlyCursor: Wrapper {
  private var written: Int64 = 0

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let last = parts.log.lastSeq
    guard last > written else { return try inner.work(db, now: now) }
    written = last
    let sql = """
      INSERT INTO facts (name, value) VALUES ('engine.cursor', $1)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """
    try db.run(sql, [.text(String(last))])
    return .more
  }
}

private final class FastClock: Wrapper {
  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    try inner.work(db, now: now + 3_600_000)
  }
}

private final class LostFigures: Wrapper {
  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let progress = try inner.work(db, now: now)
    // Every now and then.
    if parts.log.lastSeq % 7 == 3 {
      try db.run("UPDATE chain_counters SET count = count - 1 WHERE outcome = 'planned' AND count > 0")
    }
    return progress
  }
}

private final class Unforgetful: Wrapper {
  override func rolledBack() {}
}

private final class EarlyHandOver: Wrapper {
  override var inner: any Duty { parts.delivery }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let progress = try inner.work(db, now: now)
    inner.committed()
    return progress
  }
}

private final class BlindGate: Wrapper {
  override var inner: any Duty { parts.delivery }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    try db.execute("CREATE TEMP TABLE IF NOT EXISTS hidden AS SELECT * FROM main.suppressions WHERE 0")
    try db.execute("INSERT INTO hidden SELECT * FROM main.suppressions; DELETE FROM main.suppressions")
    defer { try? db.execute("INSERT INTO main.suppressions SELECT * FROM hidden; DELETE FROM hidden") }
    return try inner.work(db, now: now)
  }
}
