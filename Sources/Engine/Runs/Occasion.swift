public import Domain
public import Ingest
import JSON
import SQL

/// One event and whose it is, with what several runs may ask about both read once.
final class Occasion {
  let event: StoredEvent
  /// contacts.id
  let row: Int64
  private let recent: RecentRows
  private let db: Connection
  private var knownFact: EventFact?

  init(_ event: StoredEvent, of row: Int64, _ recent: RecentRows, _ db: Connection) {
    (self.event, self.row, self.recent, self.db) = (event, row, recent, db)
  }

  var now: Timestamp { event.decidedAt }

  func fact() throws -> EventFact {
    if let knownFact { return knownFact }
    let made = try EventFact(event)
    knownFact = made
    return made
  }

  /// Nil when the contact is gone.
  func contact() throws -> Contact? { try recent.contact(row, db) }
}

extension StoredEvent {
  /// The moment that what follows from it is decided for: its acceptance, or when it was due.
  var decidedAt: Timestamp { ChainEvent.isOfItsMoment(type) ? at : acceptedAt }
}

extension EventFact {
  public init(_ event: StoredEvent) throws {
    self.init(
      seq: event.seq, at: event.at, type: event.type, properties: try EventProperties.value(event.properties))
  }
}

extension Rules {
  /// Whether the event may start chains and wake waits; an older one is history that is loaded.
  func isFresh(_ event: StoredEvent) -> Bool {
    // Calendars bend a span by hours at most: far from its end they need not be asked.
    let age = event.acceptedAt - event.at
    if age < triggerMaxAge.approximateMilliseconds / 2 || event.message != nil || ChainEvent.isOfItsMoment(event.type) {
      return true
    }
    return triggerMaxAge.after(event.at, in: shopZone) >= event.acceptedAt
  }
}
