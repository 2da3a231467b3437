import Domain
import Ingest
import JSON
import SQL

/// Puts what webhooks are to be told into the queue, in the transaction in which it happened. On the writer's thread.
final class Outbox {
  private let store = WebhookStore()
  private var webhooks: [Webhook] = []
  /// What is known of a type: who wants it.
  private var wanted: [String: [String]] = [:]

  /// Reads the webhooks anew.
  func refresh(_ db: Connection) throws {
    webhooks = try store.all(db).filter { $0.disabled == nil }
    wanted = [:]
  }

  /// Of an event that has just acted. Costs a look-up where somebody wants anything at all, nothing elsewhere.
  func tell(_ occasion: Occasion, now: Timestamp, _ db: Connection) throws {
    guard !webhooks.isEmpty else { return }
    let type = occasion.event.type
    let ids = wanted[type] ?? webhooks.filter { $0.wants(type) }.map(\.id)
    wanted[type] = ids
    guard !ids.isEmpty else { return }
    let event = try occasion.fact()
    let data: JSONObject = [
      "id": .string(String(event.seq)), "contact": Self.contact(try occasion.contact()),
      "properties": event.properties,
    ]
    let body = Self.body(type, at: event.at, data)
    for id in ids { try store.post(body, to: id, of: occasion.row, now: now, db) }
  }

  /// What a step of a chain says. Nobody is told where the webhook is gone or disabled.
  func post(
    _ data: JSONObject, to id: String, chain: String, step: String, of contact: Contact?, at moment: Timestamp,
    now: Timestamp, _ db: Connection
  ) throws {
    guard webhooks.contains(where: { $0.id == id }) else { return }
    let whole: JSONObject = [
      "chain": .string(chain), "step": .string(step), "contact": Self.contact(contact), "data": .object(data),
    ]
    try store.post(Self.body(Webhook.stepType, at: moment, whole), to: id, of: contact?.row, now: now, db)
  }

  private static func contact(_ contact: Contact?) -> JSONValue {
    guard let contact else { return .null }
    var object: JSONObject = ["id": .string(contact.publicID)]
    object["email"] = contact.email.map { .string($0) }
    object["phone"] = contact.phone.map { .string($0) }
    return .object(object)
  }

  private static func body(_ type: String, at moment: Timestamp, _ data: JSONObject) -> String {
    JSONValue.object(["type": .string(type), "timestamp": .string(moment.rfc3339), "data": .object(data)]).text
  }
}
