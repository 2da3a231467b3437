public import Domain
public import Engine
public import Ingest
import JSON
public import SQL

/// What a person says of a message whose outcome a crash left unknown.
public struct Resolution: Sendable {
  public enum Verdict: String, Sendable, CaseIterable {
    case sent
    case retry
  }

  private let ledger: Ledger

  public init(log: EventLog, counters: Counters) { ledger = Ledger(log: log, counters: counters) }

  /// Inside a writer's job. False when the message is not `unknown`. The run has gone on already; a retry sends the same
  /// message through the gate and hands it over once more.
  public func resolve(_ message: Message, as verdict: Verdict, now: Timestamp, _ db: Connection) throws -> Bool {
    try ledger.resolve(message, as: verdict, now: now.milliseconds, db)
  }
}
