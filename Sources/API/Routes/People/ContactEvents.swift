import Domain
import Ingest
import JSON
import SQL

/// What the API itself says in the log about a contact, so that runs which wait for it look again.
enum ContactEvents {
  static let updated = "contact.updated"

  /// Nothing is said when nothing changed. Names of fields, never their values: the log keeps them for years.
  static func updated(
    _ contact: Int64, fields: [String], now: Timestamp, _ log: EventLog, _ db: Connection
  ) throws {
    guard !fields.isEmpty else { return }
    let properties: JSONValue = ["changed": .array(fields.map(JSONValue.string))]
    let event = IncomingEvent(type: updated, properties: properties.serialized(), contact: contact)
    try log.append(own: [event], now: now.milliseconds, db)
  }
}
