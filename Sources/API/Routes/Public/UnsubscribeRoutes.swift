import Delivery
import Domain
import Engine
import HTTP
import Ingest
import JSON
import SQL

/// `/u/{token}`: a GET asks and changes nothing; a POST unsubscribes, from the page's button or by one click of a mail
/// program (RFC 8058), without a cookie, a key or a redirect.
enum UnsubscribeRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let (tracker, shop, log, writer) = (stages.tracker, stages.shop, stages.log, stages.writer)
    return [
      Route(
        "GET", "/u/{token}", .open,
        .immediate { call in
          let page = page(call, shop)
          guard case .unsubscribe = tracker.signer.verify(call["token"])?.kind else {
            return html(page.unknown(), status: 404)
          }
          return html(page.ask())
        }),
      Route(
        "POST", "/u/{token}", .open,
        .custom { call, reply in
          let page = page(call, shop)
          guard let token = tracker.signer.verify(call["token"]), case .unsubscribe(let channel) = token.kind else {
            return reply(html(page.unknown(), status: 404))
          }
          let unsubscribe = Unsubscribe(token: token, channel: channel, log: log)
          writer.submit { db, now in
            try unsubscribe.apply(now: Timestamp(milliseconds: now), db)
          } then: { outcome in
            switch outcome {
            case .success: reply(html(page.done()))
            case .failure(let error):
              let status = Problem(error).status
              reply(html(status == 404 ? page.unknown() : page.unavailable(), status: status == 404 ? 404 : 503))
            }
          }
        }),
    ]
  }

  private static func page(_ call: Call, _ shop: ShopFace) -> UnsubscribePage {
    let language = UnsubscribePage.Language(
      acceptLanguage: call.request.headers["Accept-Language"], locale: shop.locale)
    return UnsubscribePage(language: language, shop: shop.name)
  }

  private static func html(_ page: String, status: Int = 200) -> Response {
    let retry = status == 503 ? [(name: "Retry-After", value: "60")] : []
    return Response(status: status, headers: UnsubscribePage.headers + retry, body: Array(page.utf8))
  }
}

/// What the shop's public pages show of it.
public struct ShopFace: Sendable {
  public var name: String
  public var locale: String?

  public init(name: String, locale: String?) { (self.name, self.locale) = (name, locale) }
}

/// One contact leaves one channel's marketing: a proof, a suppressed address and the events that tell the runs.
private struct Unsubscribe: Sendable {
  let token: LinkToken
  let channel: String
  let log: EventLog

  private static let source = "unsubscribe link"

  /// Asked twice, it is done once. 404 when the contact is no more.
  func apply(now: Timestamp, _ db: Connection) throws {
    guard let contact = try People().contact(token.contact, db) else { throw Problem.notFound() }
    let message = try MessageStore().message(token.message, db).flatMap { $0.contact == contact.row ? $0 : nil }
    for address in Set([message?.address, contact.address(for: channel)].compactMap { $0 }) {
      try Suppressions().add(
        Suppression(address: address, channel: channel, reach: .marketing, reason: "unsubscribed", at: now), db)
    }
    guard try Consents().granted(by: contact.row, channel: channel, db) != false else { return }
    let proof = ConsentProof(channel: channel, granted: false, source: Self.source)
    try Consents().record(proof, of: contact.row, now: now, db)
    try log.append(own: [event(contact, message)], now: now.milliseconds, db)
    try ContactEvents.updated(contact.row, fields: ["consents." + channel], now: now, log, db)
  }

  /// Links outlive the rows of their messages.
  private func event(_ contact: Contact, _ message: Message?) -> IncomingEvent {
    let type = "message.unsubscribed"
    guard let message else {
      let properties: JSONValue = ["channel": .string(channel)]
      return IncomingEvent(type: type, properties: properties.serialized(), contact: contact.row)
    }
    return MessageEvent(
      type: type, message: message.id, contact: contact.row, channel: channel, chain: message.chain,
      step: message.step
    ).incoming
  }
}
