import Delivery
import Domain
import Engine
import JSON
import SQL

/// What a preview is made of: `{"contact": "ann" | {…}, "trigger": {…}, "latest"?, "data"?, "flags"?, "locale"?}`. A
/// contact that is named brings his own values and latest events, one that is written out is taken as it stands.
struct PreviewWish: Sendable {
  private let contactID: String?
  private let given: JSONObject
  private let locale: String?
  private let zone: Zone?

  private static let objects = ["contact", "trigger", "latest", "data", "flags"]
  /// Signed for nobody: the link of a preview works for nobody either.
  private static let unsubscribePath = "/u/preview"

  init(_ node: JSONNode) throws(Refusal) {
    var reader = FieldReader(node, known: Self.objects + ["locale"])
    var given: JSONObject = [:]
    var contactID: String?
    for key in Self.objects {
      guard let value = node[key], !value.isNull else { continue }
      if key == "contact", value.kind == .string {
        contactID = reader.string("contact", maxBytes: Identifier.maxBytes)
      } else if value.kind == .object {
        given[key] = value.value
      } else {
        let expected = key == "contact" ? "a contact's id or an object" : "an object"
        reader.refuse(.wrongType(reader.pointer(to: key), value, expected: expected))
      }
    }
    locale = reader.string("locale", maxBytes: 64)
    try reader.check()
    (self.given, self.contactID) = (given, contactID)
    zone = given["contact"]?["time_zone"]?.string.flatMap(Zone.init)
  }

  /// `{"subject", "text", "html"}`; throws a `Refusal` that names what is missing.
  func preview(_ template: Template, _ stages: Stages, _ db: Connection) throws -> JSONValue {
    var values: JSONObject = ["contact": [:], "trigger": [:], "latest": [:], "data": [:], "flags": [:]]
    let contact = try contactID.map { try self.contact($0, db) }
    if let contact {
      values["contact"] = contact.json
      values["latest"] = .object(try Self.latest(template, contact, ContactHistory(stages.timeline), db))
    }
    for (name, value) in given { values[name] = value }
    do {
      let rendered = try stages.renderer.render(
        template, values, unsubscribeURL: Self.unsubscribePath, locale: locale ?? localeOf(contact),
        zone: contact?.zone ?? zone ?? stages.rules.shopZone)
      return [
        "subject": rendered.subject.map(JSONValue.string) ?? .null,
        "text": rendered.text.map(JSONValue.string) ?? .null, "html": rendered.html.map(JSONValue.string) ?? .null,
      ]
    } catch {
      throw Refusal(
        error.issues.isEmpty ? [Issue(pointer: "", code: .badValue, detail: error.detail)] : error.issues)
    }
  }

  private func localeOf(_ contact: Contact?) -> String? { contact?.locale ?? given["contact"]?["locale"]?.string }

  private func contact(_ id: String, _ db: Connection) throws -> Contact {
    guard let contact = try People().find(id, db) else {
      throw Refusal([
        Issue(
          pointer: "/contact", code: .unknownReference, detail: "expected the id of a contact, got \"\(id)\"",
          hint: "or write the contact out: {\"contact\": {\"first_name\": \"Ann\"}}")
      ])
    }
    return contact
  }

  static func latest(
    _ template: Template, _ contact: Contact, _ history: ContactHistory, _ db: Connection
  ) throws -> JSONObject {
    var latest = LatestValues()
    for type in template.latestTypes.sorted() {
      guard let properties = try history.latest(type, of: contact.row, db) else { continue }
      latest.put(properties, of: type)
    }
    return latest.object
  }
}
