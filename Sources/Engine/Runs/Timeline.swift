import Domain
import Ingest
import SQL

/// A contact's events, clustered by contact.
enum Timeline {
  static func append(_ event: StoredEvent, of contact: Int64, _ db: Connection) throws {
    try db.run(
      "INSERT INTO timeline (contact, type, at, seq) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
      [.int(contact), .int(event.typeNumber), .int(event.at.milliseconds), .int(event.seq)])
  }
}
