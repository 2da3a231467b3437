import Delivery
import Domain
import Engine
import HTTP
import JSON
import SQL

/// `/v1/contacts/{id}/offers?slot=`: what the site shows this contact now, as the `offer` steps of chains say. Of several
/// for one slot the chain with the higher priority comes first, then the newest.
enum OfferRoutes {
  static func all(_ stages: Stages) -> [Route] {
    let people = People()
    var get = Route(
      "GET", "/v1/contacts/{id}/offers", .scopes([.read, .events, .site]),
      .read { call in
        try call.requireQuery(["slot"])
        let slot = call.request.query("slot")
        let now = Timestamp(milliseconds: stages.now())
        return { db in
          let contact = try people.required(call["id"], db)
          let offers = try Offers().shown(to: contact.row, slot: slot, now: now, db)
          return .json(["items": .array(try offers.map { try item($0, contact, stages, db) }), "next": .null])
        }
      })
    get.isForSites = true
    return [get]
  }

  private static func item(
    _ offer: Offers.Offer, _ contact: Contact, _ stages: Stages, _ db: Connection
  ) throws -> JSONValue {
    var item: JSONObject = [
      "slot": .string(offer.slot), "template": .string(offer.template), "chain": .string(offer.chainID),
      "run": .string(String(offer.run)), "at": .string(offer.at.rfc3339), "until": .string(offer.until.rfc3339),
    ]
    // One that cannot be made now must not hide the others.
    do {
      let rendered = try render(offer, contact, stages, db)
      item["subject"] = rendered?.subject.map { .string($0) }
      item["text"] = rendered?.text.map { .string($0) }
      item["html"] = rendered?.html.map { .string($0) }
    } catch let failure as RenderFailure {
      item["error"] = .string(failure.detail)
    }
    return .object(item)
  }

  private static func render(
    _ offer: Offers.Offer, _ contact: Contact, _ stages: Stages, _ db: Connection
  ) throws -> RenderedMessage? {
    guard let newest = try TemplateStore().newest(offer.template, db),
      let template = try stages.templates.template(offer.template, version: newest)
    else { return nil }
    var values = offer.values
    values["contact"] = contact.json
    values["flags"] = [:]
    values["latest"] = .object(try PreviewWish.latest(template, contact, ContactHistory(stages.timeline), db))
    return try stages.renderer.render(
      template, values, unsubscribeURL: nil, locale: contact.locale, zone: contact.zone ?? stages.rules.shopZone)
  }
}
