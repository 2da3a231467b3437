import Delivery
import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/webhooks`: systems of the shop's that are told of events and of what chains say.
enum WebhookRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let store = WebhookStore()
    let changed = stages.chainsChanged
    return [
      Route(
        "GET", "/v1/webhooks", .scopes([.read, .edit]),
        .read { call in
          try call.requireQuery([])
          return { db in
            let standing = try store.standing(db)
            let items: [JSONValue] = try store.all(db).map { webhook in
              var item = webhook.json.object ?? [:]
              let posts = standing.first { $0.webhook == webhook.id }
              item["waiting"] = .number(JSONNumber(posts?.waiting ?? 0))
              item["failed"] = .number(JSONNumber(posts?.failed ?? 0))
              return .object(item)
            }
            return .json(["items": .array(items), "next": .null]).tagged()
          }
        }),
      Route(
        "GET", "/v1/webhooks/{id}", .scopes([.read, .edit]),
        .read { call in
          { db in
            guard let webhook = try store.webhook(call["id"], db) else { throw none(call) }
            return .json(webhook.json)
          }
        }),
      Route(
        "PUT", "/v1/webhooks/{id}", .scopes([.edit]),
        .write { call in
          let id = try call.name("id", of: "a webhook", as: "{\"webhook\": …}")
          let wish = try WebhookWish(call.json())
          let made = WebhookSecret.made(of: stages.random(32))
          return { db, now in
            let known = try store.webhook(id, db)
            if known == nil, try store.all(db).count >= WebhookStore.limit {
              throw Problem.conflict("there are \(WebhookStore.limit) webhooks, and no more are taken")
            }
            let secret = wish.secret ?? known?.secret ?? made
            let webhook = Webhook(
              id: id, url: wish.url, types: wish.types, secret: secret, disabled: nil,
              updatedAt: Timestamp(milliseconds: now))
            try store.put(webhook, db)
            changed()
            var body = webhook.json.object ?? [:]
            // Shown once, when it was made here.
            if known == nil, wish.secret == nil { body["secret"] = .string(secret) }
            return .json(.object(body), status: known == nil ? 201 : 200)
          }
        }),
      Route(
        "DELETE", "/v1/webhooks/{id}", .scopes([.edit]),
        .write { call in
          { db, _ in
            guard try store.remove(call["id"], db) else { throw none(call) }
            changed()
            return .noContent
          }
        }),
    ]
  }

  private static func none(_ call: Call) -> Problem { .notFound("there is no webhook \(call["id"])") }
}

/// `{"url", "types"?: ["purchase", "message.*"], "secret"?: "whsec_…"}`
private struct WebhookWish: Sendable {
  let url: String
  let types: [String]
  let secret: String?

  private static let maxTypes = 64

  init(_ node: JSONNode) throws(Refusal) {
    var reader = FieldReader(node, known: ["url", "types", "secret"])
    let url = reader.string("url", maxBytes: 2048, required: true)
    if let url, !Self.isGood(url: url) {
      reader.refuse(
        "url", .badValue,
        "expected an http or https address, on port 80, 443 or above 1023 and without a password in it",
        hint: "write \"https://crm.shop.example/zveno\"")
    }
    secret = reader.string("secret", maxBytes: 256)
    if let secret, !WebhookSecret.isGood(secret) {
      reader.refuse(
        "secret", .badValue, "expected `whsec_` and the base64 of 24 to 64 bytes", hint: "leave it out, and one is made"
      )
    }
    var types: [String] = []
    if let list = node["types"], !list.isNull {
      if list.kind != .array || list.elements.count > Self.maxTypes {
        reader.refuse("types", .badValue, "expected a list of at most \(Self.maxTypes) event types")
      }
      for (index, element) in list.elements.enumerated() where list.kind == .array {
        guard let type = element.string, Self.isGood(type: type) else {
          reader.refuse(
            Issue(
              pointer: "/types/\(index)", at: element.location, code: .badValue,
              detail: "expected an event type", hint: "`purchase`, `message.*` for a family, `*` for all"))
          continue
        }
        types.append(type)
      }
    }
    try reader.check()
    (self.url, self.types) = (url ?? "", types)
  }

  private static func isGood(type: String) -> Bool {
    type == "*" || EventType.isValid(type.hasSuffix(".*") ? String(type.dropLast(2)) : type)
  }

  private static func isGood(url: String) -> Bool {
    guard let scheme = ["https://", "http://"].first(where: { url.lowercased().hasPrefix($0) }) else { return false }
    let rest = url.dropFirst(scheme.count)
    let authority = rest.prefix { !"/?#".contains($0) }
    guard !authority.isEmpty, !authority.contains("@"), url.utf8.allSatisfy({ (33...126).contains($0) }) else {
      return false
    }
    guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else { return true }
    guard let port = Int(authority[authority.index(after: colon)...]) else { return false }
    return port == 80 || port == 443 || (1024...65_535).contains(port)
  }
}
