import Foundation
import SQL

/// A folder of the test's own, gone with it.
final class TestFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "zveno-sql-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var database: String { path + "/test.sqlite" }

  func writer(
    busyMilliseconds: Int32 = 1_000, pagesBetweenCheckpoints: Int = Connection.Settings().pagesBetweenCheckpoints
  ) throws -> Connection {
    try Connection(
      path: database, mode: .writer,
      settings: .init(
        durability: .off, busyMilliseconds: busyMilliseconds, pagesBetweenCheckpoints: pagesBetweenCheckpoints))
  }

  func reader() throws -> Connection { try Connection(path: database, mode: .reader) }
}

/// What closures of several threads write down.
final class Notes<Value: Sendable>: @unchecked Sendable {
  // Unchecked: behind the lock.
  private let lock = NSLock()
  private var values: [Value] = []

  func add(_ value: Value) { lock.withLock { values.append(value) } }
  var all: [Value] { lock.withLock { values } }
}

struct Refused: Error, Equatable {}
