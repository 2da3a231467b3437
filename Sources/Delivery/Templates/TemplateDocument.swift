public import Domain
public import JSON

/// A template as it is saved: `{"name"?, "note"?, "partial"?, "locale"?, "subject"?, "text"?, "html"?, "locales"?}`.
/// Its bodies have been looked at as JSON; whether they are good Mustache says `Template`.
public struct TemplateDocument: Sendable {
  public var name: String?
  public var note: String?
  /// True for one that only stands inside others: names that a section around it brings are then allowed in it.
  public var isPartial: Bool
  /// The language of `bodies`; nil is the shop's.
  public var locale: String?
  public var bodies: TemplateBodies
  /// By locale, in the form of `TemplateLocale`.
  public var locales: [String: TemplateBodies]

  static let keys = ["name", "note", "partial", "locale", "subject", "text", "html", "locales", "$schema"]
  static let maxLocales = 50

  /// `files`: bodies that lie beside the document instead of in it, by JSON pointer (`/html`, `/locales/en/text`).
  public init(_ node: JSONNode, files: [String: String] = [:]) throws(Refusal) {
    var parser = TemplateDocumentParser(files: files)
    guard let document = parser.document(node), parser.issues.isEmpty else { throw Refusal(parser.issues) }
    self = document
  }

  public init(parsing bytes: [UInt8]) throws(Refusal) {
    do {
      try self.init(JSONDocument(parsing: bytes).root)
    } catch let error as JSONError {
      throw Refusal([
        Issue(
          pointer: "", at: error.location, code: .syntax, detail: "expected \(error.expected), got \(error.got)")
      ])
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal([Issue(pointer: "", code: .syntax, detail: "\(error)")])
    }
  }

  init(
    name: String? = nil, note: String? = nil, isPartial: Bool = false, locale: String? = nil,
    bodies: TemplateBodies = TemplateBodies(), locales: [String: TemplateBodies] = [:]
  ) {
    (self.name, self.note, self.isPartial, self.locale) = (name, note, isPartial, locale)
    (self.bodies, self.locales) = (bodies, locales)
  }

  /// The whole of it as one document, bodies from files among them.
  public var json: JSONValue {
    var object = JSONObject()
    if let name { object["name"] = .string(name) }
    if let note { object["note"] = .string(note) }
    if isPartial { object["partial"] = true }
    if let locale { object["locale"] = .string(locale) }
    Self.write(bodies, to: &object)
    if !locales.isEmpty {
      var each = JSONObject()
      for (locale, bodies) in locales.sorted(by: { $0.key < $1.key }) {
        var one = JSONObject()
        Self.write(bodies, to: &one)
        each[locale] = .object(one)
      }
      object["locales"] = .object(each)
    }
    return .object(object)
  }

  private static func write(_ bodies: TemplateBodies, to object: inout JSONObject) {
    for part in bodies.parts { object[part.rawValue] = (bodies[part]?.text).map { .string($0) } }
  }
}
