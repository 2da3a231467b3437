import Delivery
import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/messages`: the send ledger: listed, read whole, and the doubt about one resolved.
enum MessageRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let messages = MessageStore()
    let resolution = Resolution(log: stages.log, counters: stages.counters)
    return [
      Route(
        "GET", "/v1/messages", .scopes([.read, .operate]),
        .read { call in
          let paging = try Paging(call, filters: ["contact", "chain", "status"], by: .number)
          let (contact, chain) = (call.request.query("contact"), call.request.query("chain"))
          let status = try call.word("status", Message.Status.self)
          return { db in
            let row = try contact.map { try People().find($0, db)?.row ?? 0 }
            let filter = MessageStore.Filter(contact: row, chain: chain, status: status)
            let page = try messages.page(filter, after: paging.number, limit: paging.limit + 1, db)
            return .page(page, paging, cursor: { [.number(JSONNumber($0.id))] }, json: { .object($0.json) })
          }
        }),
      Route(
        "GET", "/v1/messages/{id}", .scopes([.read, .operate]),
        .read { call in
          let id = try call.number("id")
          return { db in
            guard let message = try messages.message(id, db) else { throw noMessage(id) }
            return .json(try whole(message, stages, db))
          }
        }),
      Route(
        "POST", "/v1/messages/{id}/resolve", .scopes([.operate]),
        .write { call in
          let id = try call.number("id")
          let verdict = try verdict(call.json())
          return { db, now in
            guard let message = try messages.message(id, db) else { throw noMessage(id) }
            guard try resolution.resolve(message, as: verdict, now: Timestamp(milliseconds: now), db) else {
              throw Problem.conflict(
                "expected a message whose outcome is unknown, this one is \(message.status.rawValue)")
            }
            return .json(.object(try messages.message(id, db)?.json ?? [:]))
          }
        }),
    ]
  }

  /// Its bodies are not kept: they are rendered again from the template's version and the values it saw.
  static func whole(_ message: Message, _ stages: Stages, _ db: Connection) throws -> JSONValue {
    var object = message.json
    object["values"] = message.values ?? .null
    let contact = try People().contact(message.contact, db)
    let templates = TemplateReading(shop: stages.templateShop)
    let rendered = try? message.templateVersion.flatMap { try templates.template(message.template, version: $0, db) }
      .flatMap { template in
        try stages.renderer.render(
          message, with: template, locale: contact?.locale, zone: contact?.zone ?? stages.rules.shopZone)
      }
    object["subject"] = rendered?.subject.map(JSONValue.string) ?? .null
    object["text"] = rendered?.text.map(JSONValue.string) ?? .null
    object["html"] = rendered?.html.map(JSONValue.string) ?? .null
    return .object(object)
  }

  private static func verdict(_ node: JSONNode) throws(Refusal) -> Resolution.Verdict {
    var reader = FieldReader(node, known: ["as"])
    let verdict = reader.word("as", Resolution.Verdict.self, required: true)
    try reader.check()
    return verdict ?? .sent
  }

  private static func noMessage(_ id: Int64) -> Problem { .notFound("there is no message \(id)") }
}
