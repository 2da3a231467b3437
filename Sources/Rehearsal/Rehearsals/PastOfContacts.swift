import Domain
import SQL

/// Brings what contacts had lived through before the rehearsal comes to them: the events that the chain may ask for, the
/// messages they had, their earlier runs of the chain, and what became of the messages that the chain sent them.
struct PastOfContacts {
  let past: any Past
  let reading: ContactPast
  let db: Connection

  func isKnown(_ contact: Int64) throws -> Bool {
    try db.first("SELECT 1 FROM past_contacts WHERE contact = $1", [.int(contact)]) { _ in true } ?? false
  }

  /// - Parameter now: what happened later comes with the log.
  func bring(_ contacts: [Int64], now: Timestamp) throws {
    for contact in contacts {
      let fresh = try db.query("SELECT seq FROM past_fresh WHERE contact = $1", [.int(contact)]) { $0.int(0) }
      let found = try past.read { [reading] in try reading.rows(of: contact, fresh: fresh, now: now, $0) }
      try store(found, of: contact)
    }
  }

  private func store(_ found: ContactPast.Rows, of contact: Int64) throws {
    let timeline = PastTable.insertion(into: "timeline", ["contact", "type", "at", "seq"])
    guard let seq = reading.eventColumns.firstIndex(of: "seq"), let at = reading.eventColumns.firstIndex(of: "at"),
      let type = reading.eventColumns.firstIndex(of: "type")
    else { return }
    try db.transaction {
      for event in found.events {
        try db.run(PastTable.insertion(into: "events", reading.eventColumns), event)
        try db.run(timeline, [.int(contact), event[type], event[at], event[seq]])
      }
      for message in found.messages {
        try db.run(PastTable.insertion(into: "messages", reading.messageColumns), message)
      }
      for run in found.runs { try db.run(PastTable.insertion(into: "runs", reading.runColumns), run) }
      for message in found.recorded {
        try db.run(
          "INSERT OR IGNORE INTO past_messages VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", message)
      }
      try db.run("INSERT OR IGNORE INTO past_contacts VALUES ($1)", [.int(contact)])
    }
  }
}
