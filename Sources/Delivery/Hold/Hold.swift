public import Domain
import Engine
import JSON
public import SQL
import Synchronization

/// Whether this file may act at all. A copy of a file that may still live elsewhere is held: events come in and everything
/// can be read and edited, but no chain moves and nothing leaves until a person releases it.
///
/// The file says so (`facts`), so it holds wherever the file is taken. Memory follows the commits; from any thread.
public final class Hold: Sendable {
  public struct Fact: Sendable, Equatable {
    public let since: Timestamp
    /// One sentence for people.
    public let reason: String

    public init(since: Timestamp, reason: String) { (self.since, self.reason) = (since, reason) }
  }

  private struct State {
    var fact: Fact?
    var releasedAt: Timestamp?
  }

  private static let held = "held"
  private static let released = "released"

  private let state: Mutex<State>

  /// Reads what the file says.
  public init(_ db: Connection) throws {
    let fact = try Facts.read(Self.held, db).map(Self.fact)
    let releasedAt = try Facts.read(Self.released, db).flatMap { Int64($0) }.map { Timestamp(milliseconds: $0) }
    state = Mutex(State(fact: fact, releasedAt: releasedAt))
  }

  /// Nil when everything goes on.
  public var fact: Fact? { state.withLock { $0.fact } }

  /// When the file was released last: what was due before has to pass `late`.
  var releasedAt: Timestamp? { state.withLock { $0.releasedAt } }

  /// Inside a transaction. A file that is held already stays so, for the first reason.
  public static func set(_ fact: Fact, _ db: Connection) throws {
    let value: JSONValue = ["since": .number(JSONNumber(fact.since.milliseconds)), "reason": .string(fact.reason)]
    try db.run(
      "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", [.text(held), .text(value.text)])
  }

  /// Inside a transaction: with its commit the file is free.
  public func release(now: Timestamp, _ db: Connection) throws {
    try db.run("DELETE FROM facts WHERE name = $1", [.text(Self.held)])
    try Facts.write(Self.released, String(now.milliseconds), db)
    db.onCommit { [self] in state.withLock { $0 = State(fact: nil, releasedAt: now) } }
  }

  /// What cannot be read holds all the same.
  private static func fact(_ text: String) -> Fact {
    let value = try? JSONValue(parsing: Array(text.utf8))
    return Fact(
      since: Timestamp(milliseconds: value?["since"]?.number?.int ?? 0),
      reason: value?["reason"]?.string ?? "it was held")
  }
}
