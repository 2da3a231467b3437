import Domain
import Foundation
import Ingest
import Migrations
import SQL

/// A data folder of the test's own with the real layout, gone with it.
final class TestLog {
  static let now: Int64 = 1_772_442_000_000  // 2026-03-02T09:00:00Z

  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "zveno-ingest-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Migrator(Migrations.all).migrate(try connection())
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func connection() throws -> Connection {
    try Connection(path: path + "/zveno.sqlite", mode: .writer, settings: .init(durability: .off, busyMilliseconds: 0))
  }

  func count(_ what: String = "events") throws -> Int64 {
    try connection().first("SELECT count(*) FROM \(what)") { $0.int(0) } ?? 0
  }
}

extension EventLog {
  /// Appends in a transaction of its own, as a round does.
  func commit(_ events: [IncomingEvent], now: Int64 = TestLog.now, _ db: Connection) throws -> [Outcome] {
    try db.transaction { try append(events, now: now, db) }
  }
}

extension IncomingEvent {
  static func visit(_ id: String?, at: Int64? = nil, type: String = "visit") -> IncomingEvent {
    IncomingEvent(
      id: id, type: type, keys: ContactKeys(id: "ann"), at: at.map { Timestamp(milliseconds: $0) })
  }
}

struct Crash: Error {}

/// What closures of several threads write down.
final class Notes<Value: Sendable>: @unchecked Sendable {
  // Unchecked: behind the lock.
  private let lock = NSLock()
  private var values: [Value] = []

  func add(_ value: Value) { lock.withLock { values.append(value) } }
  var all: [Value] { lock.withLock { values } }
}
