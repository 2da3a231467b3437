import Domain
import Engine
import Ingest
import JSON
import SQL

/// Events of the log on their way into a rehearsal: which of them are taken, and as what.
struct PastEvents {
  static let page = 500

  /// An event, and the chain of the message that it is about.
  struct Item: Sendable {
    let event: StoredEvent
    let messageChain: Int64?
    /// contacts.id of whom the server's own event is about now: he may have been merged since.
    let contact: Int64?
  }

  enum Verdict {
    case skip
    /// Something that conditions may look at.
    case fact(IncomingEvent)
    /// It may start, move or end a run.
    case acts(IncomingEvent)
  }

  let wish: RehearsalWish
  let interest: Interest
  let log: EventLog

  func read(_ past: any Past, after seq: Int64) throws -> [Item] {
    try past.read { [log] live in
      try log.read(live, after: seq, limit: Self.page).map { event in
        let chain = try event.message.flatMap { message in
          try live.first("SELECT chain FROM messages WHERE id = $1", [.int(message)]) { $0.int(0) }
        }
        let contact = try event.contact.map { contact in
          try live.first("SELECT survivor FROM merged_contacts WHERE contact = $1", [.int(contact)]) { $0.int(0) }
            ?? contact
        }
        return Item(event: event, messageChain: chain, contact: contact)
      }
    }
  }

  /// Whether it can bring somebody into the chain, whose past is then needed.
  func mayStart(_ item: Item) -> Bool {
    interest.chain.startingTypes.contains(item.event.type) || item.event.type == ChainEvent.requested
  }

  /// - Parameter rehearsed: the rehearsal's own message in the place of one of the chain's.
  func verdict(_ item: Item, rehearsed: (Int64) throws -> Int64?) throws -> Verdict {
    let event = item.event
    if let message = event.message, try isOwn(item) {
      // The hand-over itself is the rehearsal's business; what people did with the message is not.
      guard !Self.handOvers.contains(event.type), let own = try rehearsed(message) else { return .skip }
      return .acts(taken(item, message: own))
    }
    switch event.type {
    case ChainEvent.requested, ChainEvent.leaving:
      let properties = try properties(event)
      let isMine = properties["chain"]?.string == wish.chain && properties["by"]?.string != wish.chain
      return isMine ? .acts(taken(item)) : .skip
    case ChainEvent.entered, ChainEvent.ended:
      guard interest.includes(event.type), try properties(event)["chain"]?.string != wish.chain else { return .skip }
      return .acts(taken(item))
    default:
      // What the server says to itself when time comes, it says in the rehearsal too.
      guard !event.type.hasPrefix("enroll."), interest.includes(event.type) else { return .skip }
      return interest.acting.contains(event.type) ? .acts(taken(item)) : .fact(taken(item))
    }
  }

  static let handOvers: Set<String> = [
    "message.sent", "message.failed", "message.skipped", "message.unknown",
  ]

  /// A message that retention has deleted is known by what its events say.
  private func isOwn(_ item: Item) throws -> Bool {
    if let chain = item.messageChain { return chain == wish.number }
    return try properties(item.event)["chain"]?.string == wish.chain
  }

  private func properties(_ event: StoredEvent) throws -> JSONValue {
    event.properties.isEmpty ? .object([:]) : try JSONValue(parsing: event.properties)
  }

  /// With the seq that it has in the live log as its id.
  private func taken(_ item: Item, message: Int64? = nil) -> IncomingEvent {
    let event = item.event
    var properties = event.properties
    if let message, var object = (try? JSONValue(parsing: properties))?.object {
      object["message"] = .string(String(message))
      properties = JSONValue.object(object).serialized()
    }
    return IncomingEvent(
      id: String(event.seq), type: event.type, keys: event.keys, at: event.at, properties: properties,
      contact: item.contact, message: message)
  }
}
