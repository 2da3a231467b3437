import SQL
import Synchronization

/// The dictionary of event types: a number for each name, and how many events of it were accepted. In memory whole, on
/// the writer's thread; only the figures are read from elsewhere.
final class EventTypes {
  private var numbers: [String: Int64] = [:]
  private var names: [Int64: String] = [:]
  /// Accepted in the open transaction, to be written at its end.
  var unwritten: [Int64: Int64] = [:]
  /// Of committed events.
  private let figures = Mutex<[Int64: Figure]>([:])

  struct Figure {
    let name: String
    var accepted: Int64 = 0
  }

  init(_ db: Connection) throws { try load(db) }

  var count: Int { numbers.count }

  /// From any thread.
  var accepted: [String: Int64] {
    Dictionary(figures.withLock { $0.values.map { ($0.name, $0.accepted) } }, uniquingKeysWith: { $1 })
  }

  /// The types that came first, at most `limit`, and what all others have together. From any thread.
  func accepted(limit: Int) -> (types: [(name: String, accepted: Int64)], others: Int64) {
    let types = figures.withLock { $0 }.sorted { $0.key < $1.key }.map(\.value)
    return (
      types.prefix(limit).map { ($0.name, $0.accepted) }, types.dropFirst(limit).reduce(0) { $0 + $1.accepted }
    )
  }

  func number(of name: String) -> Int64? { numbers[name] }

  func load(_ db: Connection) throws {
    let rows = try db.query("SELECT id, name, accepted FROM event_types") { ($0.int(0), $0.text(1), $0.int(2)) }
    numbers = Dictionary(uniqueKeysWithValues: rows.map { ($0.1, $0.0) })
    names = Dictionary(uniqueKeysWithValues: rows.map { ($0.0, $0.1) })
    unwritten = [:]
    let accepted = Dictionary(uniqueKeysWithValues: rows.map { ($0.0, Figure(name: $0.1, accepted: $0.2)) })
    figures.withLock { $0 = accepted }
  }

  func add(_ name: String, _ db: Connection) throws -> Int64 {
    try db.run("INSERT INTO event_types (name) VALUES ($1)", [.text(name)])
    let number = db.lastInsertedRow
    numbers[name] = number
    names[number] = name
    db.onRollback { [self] in
      numbers[name] = nil
      names[number] = nil
    }
    return number
  }

  func count(_ number: Int64) { unwritten[number, default: 0] += 1 }

  /// One update for each type, however many events of it there were.
  func writeCounts(_ db: Connection) throws(SQLError) {
    let counted = unwritten
    guard !counted.isEmpty else { return }
    unwritten.removeAll(keepingCapacity: true)
    for (number, count) in counted.sorted(by: { $0.key < $1.key }) {
      try db.run("UPDATE event_types SET accepted = accepted + $2 WHERE id = $1", [.int(number), .int(count)])
    }
    db.onCommit { [self] in
      figures.withLock { figures in
        for (number, count) in counted {
          names[number].map { figures[number, default: Figure(name: $0)].accepted += count }
        }
      }
    }
  }
}
