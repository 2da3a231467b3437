public import Domain
public import Ingest
import JSON
import SQL

/// One event and whose it is, with what several runs may ask about both read once.
final class Occasion {
  let event: StoredEvent
  /// contacts.id
  let row: Int64
  private let db: Connection
  private var knownFact: EventFact?
  private var knownContact: Contact?

  init(_ event: StoredEvent, of row: Int64, _ db: Connection) { (self.event, self.row, self.db) = (event, row, db) }

  func fact() throws -> EventFact {
    if let knownFact { return knownFact }
    let made = try EventFact(event)
    knownFact = made
    return made
  }

  /// Nil when the contact is gone.
  func contact() throws -> Contact? {
    if knownContact == nil { knownContact = try People().contact(row, db) }
    return knownContact
  }

  /// A run has changed him.
  func forgetContact() { knownContact = nil }
}

extension EventFact {
  public init(_ event: StoredEvent) throws {
    self.init(
      seq: event.seq, at: event.at, type: event.type, properties: try EventProperties.value(event.properties))
  }
}
