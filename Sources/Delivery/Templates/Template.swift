// Templates are what messages are written in: Mustache, by swift-mustache, with functions for money, dates and
// plurals. What comes in is a document as a marketer saved it, and the values of one message; what goes out are its
// subject, text and HTML, or every error with line and column, or the names of what was missing. Nothing here but
// `TemplateStore` must know the store, and nothing the network or the clock; no template can reach them: there are
// values and functions, and that is all.

public import Domain
public import JSON

/// A template that has been checked and made ready. Safe to render on many threads at once.
public struct Template: Sendable {
  /// One language's bodies.
  private struct Variant: Sendable {
    var locale: String
    var programs: [TemplateProgram]
  }

  public let isPartial: Bool
  /// Ids of all templates it includes, however deep.
  public let partials: Set<String>
  /// Every event type it may ask for below `latest`: of `latest.cart.total`, `cart` and, since types may have dots,
  /// `cart.total`.
  public let latestTypes: Set<String>
  /// Doubts, none of which keeps it from being used.
  public let warnings: [Issue]

  private let shop: TemplateShop
  private let base: Variant
  private let locales: [String: Variant]

  /// Throws a `Refusal` with everything that is wrong, or what the library throws. `id`: what others include it by, so
  /// that it cannot come to include itself; the library may still hold its last version.
  public init(_ document: TemplateDocument, id: String? = nil, shop: TemplateShop, library: TemplateLibrary) throws {
    var making = TemplateMaking(document, id: id, shop: shop, library: library)
    let base = Variant(locale: document.locale ?? shop.locale, programs: try making.programs(document.bodies, nil))
    var locales: [String: Variant] = [:]
    for (locale, bodies) in document.locales.sorted(by: { $0.key < $1.key }) {
      locales[locale] = Variant(locale: locale, programs: try making.programs(bodies, locale))
    }
    if let declared = document.locale { locales[declared] = base }
    guard making.issues.isEmpty else { throw Refusal(making.issues) }
    (self.shop, self.base, self.locales, isPartial) = (shop, base, locales, document.isPartial)
    (partials, latestTypes) = (making.partials, making.latestTypes)
    warnings = making.warnings + TemplateHints.warnings(document, namesUnsubscribe: making.namesUnsubscribe)
  }

  /// - Parameters:
  ///   - values: an object of `contact`, `trigger`, `latest`, `data`, `flags`, `shop` and `links`.
  ///   - locale: the contact's; where the template does not have it, the shop's, else its own.
  ///   - zone: where dates and times are shown, the contact's or the shop's.
  public func render(values: JSONValue, locale: String?, zone: Zone) throws(RenderFailure) -> RenderedMessage {
    let contact = locale.flatMap(TemplateLocale.normalized)
    let variant = variant(for: contact)
    let formats = LocaleFormats.of(
      locale: speaking(variant.locale, contact: contact), currency: shop.currency)
    var message = RenderedMessage()
    var findings: [RenderFailure.Finding] = []
    for program in variant.programs {
      let rendering = Rendering(program, values: values, locale: formats, zone: TemplateZone(zone: zone))
      do {
        let text = try rendering.render()
        switch program.part {
        case .subject: message.subject = Self.oneLine(text)
        case .text: message.text = text
        case .html: message.html = text
        }
      } catch {
        findings += error.findings
      }
    }
    guard findings.isEmpty else { throw RenderFailure(findings) }
    return message
  }

  private func variant(for contact: String?) -> Variant {
    for locale in [contact, shop.locale].compactMap({ $0 }) {
      for name in TemplateLocale.fallbacks(locale) {
        if let variant = locales[name] { return variant }
      }
      if TemplateLocale.language(locale) == TemplateLocale.language(base.locale) { return base }
    }
    return base
  }

  /// Numbers and plurals follow the text: the contact's locale counts where it is of the text's language (`en-GB` for
  /// an `en` text), since Russian words with German plurals are neither.
  private func speaking(_ locale: String, contact: String?) -> String {
    let language = TemplateLocale.language(locale)
    return [contact, shop.locale].compactMap { $0 }.first { TemplateLocale.language($0) == language } ?? locale
  }

  /// Line ends and control characters become spaces: a value can end neither the subject nor its header.
  private static func oneLine(_ text: String) -> String {
    let isSpace: (Unicode.Scalar) -> Bool = {
      $0.value <= 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x2028 || $0.value == 0x2029
    }
    let words = text.unicodeScalars.split(whereSeparator: isSpace)
    return words.map { String($0) }.joined(separator: " ")
  }
}

/// What compiling all bodies of a document gathers.
struct TemplateMaking {
  private let document: TemplateDocument
  private let id: String?
  private let shop: TemplateShop
  private let library: TemplateLibrary
  private(set) var issues: [Issue] = []
  private(set) var warnings: [Issue] = []
  private(set) var partials: Set<String> = []
  private(set) var latestTypes: Set<String> = []
  private(set) var namesUnsubscribe = false

  /// A type of more words than this is not looked for.
  private static let maxWordsOfType = 3

  init(_ document: TemplateDocument, id: String?, shop: TemplateShop, library: TemplateLibrary) {
    (self.document, self.id, self.shop, self.library) = (document, id, shop, library)
  }

  mutating func programs(_ bodies: TemplateBodies, _ locale: String?) throws -> [TemplateProgram] {
    try TemplatePart.allCases.compactMap { part in
      guard let text = bodies[part] else { return nil }
      var compiler = TemplateCompiler(
        shop: shop, library: library, part: part, locale: locale ?? document.locale, isPartial: document.isPartial,
        id: id)
      let program = try compiler.compile(text)
      issues += compiler.issues
      warnings += compiler.warnings
      partials.formUnion(compiler.partials)
      namesUnsubscribe = namesUnsubscribe || compiler.namesUnsubscribe
      for path in compiler.latestPaths {
        for words in 1...Self.maxWordsOfType where words <= path.count {
          latestTypes.insert(path.prefix(words).joined(separator: "."))
        }
      }
      return program
    }
  }
}

extension TemplateDocument {
  /// The bodies that a text in `locale` includes of this template.
  func bodies(for locale: String, shop: String) -> TemplateBodies {
    for name in TemplateLocale.fallbacks(locale) {
      if name == self.locale { return bodies }
      if let bodies = locales[name] { return bodies }
    }
    return bodies
  }
}
