import Delivery
import Domain
import Engine
import Ingest
import JSON
import SQL

/// One contact leaves one channel's marketing: a proof, a suppressed address and the events that tell the runs.
struct Unsubscribe: Sendable {
  let token: LinkToken
  let channel: String
  let log: EventLog
  let tombstones: Tombstones

  private static let source = "unsubscribe link"

  /// Asked twice, it is done once. 404 when the contact is no more, or is being erased: what is written about him now
  /// would stay.
  func apply(now: Timestamp, _ db: Connection) throws {
    guard let contact = try People().contact(token.contact, db), try !tombstones.isLeaving(contact.row, db) else {
      throw Problem.notFound()
    }
    let message = try MessageStore().reference(token.message, db).flatMap { $0.contact == contact.row ? $0 : nil }
    for address in Set([message?.address, contact.address(for: channel)].compactMap { $0 }) {
      try Suppressions().add(
        Suppression(address: address, channel: channel, reach: .marketing, reason: Suppressions.unsubscribed, at: now),
        db)
    }
    guard try Consents().granted(by: contact.row, channel: channel, db) != false else { return }
    let proof = ConsentProof(channel: channel, granted: false, source: Self.source)
    try Consents().record(proof, of: contact.row, now: now, db)
    try log.append(own: [event(contact, message)], now: now.milliseconds, db)
    try ContactEvents.updated(contact.row, fields: ["consents." + channel], now: now, log, db)
  }

  /// Links outlive the rows of their messages.
  private func event(_ contact: Contact, _ message: MessageReference?) -> IncomingEvent {
    let type = "message.unsubscribed"
    guard let message else {
      let properties: JSONValue = ["channel": .string(channel)]
      return IncomingEvent(type: type, properties: properties.serialized(), contact: contact.row)
    }
    var event = message.event(type)
    event.channel = channel
    return event.incoming
  }
}
