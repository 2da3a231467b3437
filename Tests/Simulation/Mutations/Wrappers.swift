import Domain
import Engine
import Ingest
import SQL

extension IncomingEvent {
  var withoutID: IncomingEvent {
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

final class EarlyCursor: Wrapper {
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

final class FastClock: Wrapper {
  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    try inner.work(db, now: now + 3_600_000)
  }
}

final class LostFigures: Wrapper {
  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let progress = try inner.work(db, now: now)
    // Every now and then.
    if parts.log.lastSeq % 7 == 3 {
      try db.run("UPDATE chain_counters SET count = count - 1 WHERE outcome = 'planned' AND count > 0")
    }
    return progress
  }
}

final class Unforgetful: Wrapper {
  override func rolledBack() {}
}

final class EarlyHandOver: Wrapper {
  override var inner: any Duty { parts.delivery }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let progress = try inner.work(db, now: now)
    inner.committed()
    return progress
  }
}

final class BlindGate: Wrapper {
  override var inner: any Duty { parts.delivery }

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    try db.execute("CREATE TEMP TABLE IF NOT EXISTS hidden AS SELECT * FROM main.suppressions WHERE 0")
    try db.execute("INSERT INTO hidden SELECT * FROM main.suppressions; DELETE FROM main.suppressions")
    defer { try? db.execute("INSERT INTO main.suppressions SELECT * FROM hidden; DELETE FROM hidden") }
    return try inner.work(db, now: now)
  }
}

/// The server's own event about a message's end, once more.
final class DoubleEnd: Wrapper {
  override var inner: any Duty { parts.delivery }
  private var last: Int64 = 0

  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let progress = try inner.work(db, now: now)
    let sql = "SELECT seq FROM events WHERE seq > $1 AND message IS NOT NULL ORDER BY seq LIMIT 1"
    guard let seq = try db.first(sql, [.int(last)], { $0.int(0) }), let event = try parts.log.event(seq, db) else {
      return progress
    }
    last = parts.log.lastSeq + 1
    let again = IncomingEvent(
      type: event.type, properties: event.properties, contact: event.contact, message: event.message)
    try parts.log.append(own: [again], now: now, db)
    return .more
  }
}

final class KeptFigures: Wrapper {
  override var inner: any Duty { parts.delivery }

  override func rolledBack() {
    inner.rolledBack()
    parts.counters.count(Counters.Key(chain: 1, version: 1, step: "", outcome: "entered"))
  }
}

final class LossyMerge: Wrapper {
  override func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let progress = try inner.work(db, now: now)
    // Of the rows that a merge has moved: the last.
    if parts.log.lastSeq % 7 == 3 {
      try db.run("DELETE FROM timeline WHERE seq = (SELECT max(seq) FROM timeline)")
    }
    return progress
  }
}
