import Domain
import Engine
import Ingest
import SQL

/// What the API itself says in the log about a contact, so that runs which wait for it look again.
enum ContactEvents {
  /// Nothing is said when nothing changed.
  static func updated(
    _ contact: Int64, fields: [String], now: Timestamp, _ log: EventLog, _ db: Connection
  ) throws {
    guard !fields.isEmpty else { return }
    try log.append(own: [ContactEvent.updated(contact, fields: fields)], now: now.milliseconds, db)
  }
}
