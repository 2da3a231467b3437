import Domain
import JSON

@testable import Delivery

/// Here it is not the issue of a test.
typealias TemplateIssue = Issue

/// Makes templates of a few words.
enum Fixture {
  static let shop = TemplateShop(locale: "ru", currency: "RUB")
  static let zone = Zone("Europe/Moscow") ?? .utc

  static func library(_ partials: [String: JSONValue]) -> TemplateLibrary {
    TemplateLibrary(
      ids: { partials.keys.sorted() },
      document: { id in try partials[id].map { try TemplateDocument(parsing: $0.serialized()) } })
  }

  static func template(
    _ document: JSONValue, partials: [String: JSONValue] = [:], shop: TemplateShop = shop
  ) throws -> Template {
    try Template(TemplateDocument(parsing: document.serialized()), shop: shop, library: library(partials))
  }

  /// What a text body becomes.
  static func text(_ body: String, _ values: JSONValue, locale: String? = nil, zone: Zone = zone) throws -> String {
    try template(["text": .string(body)]).render(values: values, locale: locale, zone: zone).text ?? ""
  }

  static func html(_ body: String, _ values: JSONValue) throws -> String {
    try template(["html": .string(body)]).render(values: values, locale: nil, zone: zone).html ?? ""
  }

  static func issues(_ document: JSONValue, partials: [String: JSONValue] = [:]) throws -> [Issue] {
    do {
      _ = try template(document, partials: partials)
      return []
    } catch let refusal as Refusal {
      return refusal.issues
    }
  }

  static func failure(_ render: () throws -> String) throws -> RenderFailure? {
    do {
      _ = try render()
      return nil
    } catch let failure as RenderFailure {
      return failure
    }
  }
}
