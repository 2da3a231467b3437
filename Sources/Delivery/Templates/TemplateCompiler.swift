import Domain
import Mustache

/// Checks one body with everything it includes and binds it to a program. Goes on after errors: all are found at once.
struct TemplateCompiler {
  let shop: TemplateShop
  let library: TemplateLibrary
  let part: TemplatePart
  /// Of the body; nil is the template's own.
  let locale: String?
  /// Whether names may come from a section around the whole.
  let isPartial: Bool
  /// The template's own, which nothing it includes may include; nil when it has none yet.
  let id: String?

  private(set) var issues: [Issue] = []
  private(set) var warnings: [Issue] = []
  /// Everything included, however deep.
  private(set) var partials: Set<String> = []
  /// Paths below `latest`, as far as they are known.
  private(set) var latestPaths: Set<[String]> = []
  private(set) var namesUnsubscribe = false

  private var scopes: [TemplateScope] = []
  private var references: [TemplateProgram.Reference] = []
  private var code = MustacheCode()
  private var textBytes = 0
  private var tags = 0

  static let maxTags = 2000
  static let maxNesting = 32
  static let maxPartialDepth = 8
  /// Of a body; who has more begins with these.
  static let maxIssues = 50

  init(
    shop: TemplateShop, library: TemplateLibrary, part: TemplatePart, locale: String?, isPartial: Bool, id: String?
  ) {
    (self.shop, self.library, self.part) = (shop, library, part)
    (self.locale, self.isPartial, self.id) = (locale, isPartial, id)
  }

  /// Nil when there are issues. Throws what the library throws.
  mutating func compile(_ text: TemplateText) throws -> TemplateProgram? {
    try add(TemplateSource(text))
    guard issues.isEmpty else { return nil }
    do {
      return TemplateProgram(
        part: part, pointer: text.pointer, code: code, references: references,
        mustache: try MustacheTemplate(string: code.source))
    } catch {
      issues.append(text.issue(at: 0, .syntax, "expected a Mustache template, got \(error)"))
      return nil
    }
  }

  private mutating func add(_ source: TemplateSource) throws {
    let scanner = TemplateScanner(source.bytes)
    for finding in scanner.findings.prefix(Self.maxIssues) {
      refuse(source, finding.offset, .syntax, finding.detail, finding.hint)
    }
    let places = part == .html ? TemplatePlaces(source.bytes, scanner.pieces) : nil
    for finding in places?.findings ?? [] {
      if finding.isWarning {
        warn(source, finding.offset, finding.detail, finding.hint)
      } else {
        refuse(source, finding.offset, .badValue, finding.detail, finding.hint)
      }
    }
    let outer = scopes.count
    var counter = LineCounter(source.bytes)
    for piece in scanner.pieces {
      switch piece {
      case .text(let range): addText(source, range)
      case .tag(let tag):
        tags += 1
        guard tags <= Self.maxTags else { return tooLarge(source, tag, "\(Self.maxTags) tags") }
        try add(tag, of: source, at: counter.place(of: tag.start), places?.places[tag.start], outer: outer)
      }
      guard textBytes <= part.maxRenderedBytes else { return tooLarge(source, nil, "\(part.maxRenderedBytes) bytes") }
    }
    while scopes.count > outer {
      let open = scopes.removeLast()
      refuse(source, open.offset, .syntax, "expected `{{/\(open.name)}}` to end this section, got none")
    }
  }

  private mutating func addText(_ source: TemplateSource, _ range: Range<Int>) {
    textBytes += range.count
    code.add(.text(String(decoding: source.bytes[range], as: UTF8.self)))
  }

  private mutating func add(
    _ tag: TemplateTag, of source: TemplateSource, at line: (line: Int, column: Int), _ place: TemplatePlaces.Place?,
    outer: Int
  ) throws {
    switch tag.kind {
    case .comment: break
    case .partial: try include(tag, of: source, place)
    case .end: end(tag, of: source, outer: outer)
    case .value, .rawValue, .section, .inverted:
      let expression: TemplateExpression
      do {
        expression = try TemplateExpression(tag.written)
      } catch {
        refuse(source, tag.start, error.isUnknownName ? .unknownReference : .syntax, error.detail, error.hint)
        if !tag.kind.takesItsLine { return }
        return scopes.append(TemplateScope(broken: tag))
      }
      let isValue = !tag.kind.takesItsLine
      check(expression, tag, of: source)
      let escape = isValue ? escape(expression, tag, of: source, place) : .plain
      references.append(
        .init(
          expression: expression, escape: escape, line: line.line, column: line.column, partial: source.trail.last))
      let number = references.count - 1
      if isValue {
        code.add(.value(number))
      } else {
        open(TemplateScope(expression, tag, number: number), tag, of: source)
      }
    }
  }

  private mutating func open(_ scope: TemplateScope, _ tag: TemplateTag, of source: TemplateSource) {
    scopes.append(scope)
    code.add(section: tag.kind == .section ? "#" : "^", scope.number)
    if scopes.count == Self.maxNesting + 1 {
      refuse(source, tag.start, .tooLarge, "expected sections at most \(Self.maxNesting) deep")
    }
  }

  private mutating func end(_ tag: TemplateTag, of source: TemplateSource, outer: Int) {
    let name = tag.written.filter { !$0.isWhitespace }
    guard let place = scopes[outer...].lastIndex(where: { $0.name == name }) else {
      let open = scopes[outer...].last
      return refuse(
        source, tag.start, .syntax,
        "expected \(open.map { "`{{/\($0.name)}}`" } ?? "no open section to end here"), got `{{/\(name)}}`")
    }
    while scopes.count > place + 1 {
      let open = scopes.removeLast()
      refuse(source, open.offset, .syntax, "expected `{{/\(open.name)}}` before `{{/\(name)}}`, got none")
    }
    let scope = scopes.removeLast()
    code.add(section: "/", scope.number)
    if scope.brings == .forms { checkForms(scope, of: source) }
  }

  private mutating func include(_ tag: TemplateTag, of source: TemplateSource, _ place: TemplatePlaces.Place?) throws {
    let id = tag.written.filter { !$0.isWhitespace }
    guard place == nil || place == .element else {
      return refuse(source, tag.start, .badValue, "expected a partial between tags, got one inside a tag")
    }
    if let mistake = TemplateInclusion.mistake(in: id) {
      return refuse(source, tag.start, .syntax, mistake.detail, mistake.hint)
    }
    guard id != self.id, !source.trail.contains(id), source.trail.count < Self.maxPartialDepth else {
      let way = ([self.id].compactMap { $0 } + source.trail + [id]).joined(separator: " → ")
      return refuse(source, tag.start, .badValue, "expected partials that come to an end, got \(way)")
    }
    partials.insert(id)
    guard let document = try library.document(id) else {
      let meant = nearest(to: id, among: try library.ids())
      return refuse(
        source, tag.start, .unknownReference, "expected the id of a template, got `\(id)`",
        meant.map { "did you mean `\($0)`?" })
    }
    guard let text = document.bodies(for: locale ?? shop.locale, shop: shop.locale)[part == .subject ? .text : part]
    else {
      return refuse(
        source, tag.start, .unknownReference, "expected a template with a `\(part.rawValue)`, but `\(id)` has none")
    }
    try add(source.including(text, id: id, at: tag.start))
  }

  private mutating func tooLarge(_ source: TemplateSource, _ tag: TemplateTag?, _ limit: String) {
    scopes.removeAll()
    refuse(source, tag?.start ?? 0, .tooLarge, "expected at most \(limit) with all partials, got more")
  }

  mutating func refuse(
    _ source: TemplateSource, _ offset: Int, _ code: Issue.Code, _ detail: String, _ hint: String? = nil
  ) {
    if issues.count < Self.maxIssues { issues.append(source.issue(at: offset, code, detail, hint)) }
  }

  mutating func warn(_ source: TemplateSource, _ offset: Int, _ detail: String, _ hint: String? = nil) {
    if warnings.count < Self.maxIssues { warnings.append(source.issue(at: offset, .doubtful, detail, hint)) }
  }
}

/// Names and places.
extension TemplateCompiler {
  private mutating func check(_ expression: TemplateExpression, _ tag: TemplateTag, of source: TemplateSource) {
    if expression.transforms.last == .plural, tag.kind != .section {
      return refuse(
        source, tag.start, .badValue, "expected `plural` to open a section, got a value",
        "`{{#\(expression.text)}}{{#one}}…{{/one}}{{#other}}…{{/other}}{{/\(expression.text)}}`")
    }
    switch expression.operand {
    case .item, .position:
      if let scope = scopes.last(where: { $0.brings == .names }), scope.number < references.count {
        references[scope.number].isItemAsked = true
      } else if !isPartial {
        refuse(
          source, tag.start, .unknownReference,
          "expected `\(expression.text)` inside a section over a list, got it outside")
      }
    case .path(let path): check(path, expression, tag, of: source)
    }
  }

  private mutating func check(
    _ path: [String], _ expression: TemplateExpression, _ tag: TemplateTag, of source: TemplateSource
  ) {
    noteLatest(path)
    if path == ["links", "unsubscribe"] { namesUnsubscribe = true }
    if let forms = scopes.lastIndex(where: { $0.brings == .forms }), path.count == 1 {
      let known = PluralRule.Category.allCases.map(\.rawValue)
      if known.contains(path[0]) {
        scopes[forms].forms.insert(path[0])
        return
      }
      if forms == scopes.count - 1, let meant = nearest(to: path[0], among: known) {
        return refuse(
          source, tag.start, .unknownReference, "expected \(known.joined(separator: ", ")), got `\(path[0])`",
          "did you mean `\(meant)`?")
      }
    }
    let mayBeBrought = isPartial || scopes.contains { $0.brings == .names }
    if let mistake = shop.names.mistake(in: path) {
      guard mayBeBrought else { return refuse(source, tag.start, mistake.code, mistake.detail, mistake.hint) }
      if path.count > 1, let hint = mistake.hint { warn(source, tag.start, mistake.detail, hint) }
    } else if path.count == 1, !tag.kind.takesItsLine, expression.transforms.isEmpty, !mayBeBrought {
      refuse(source, tag.start, .badValue, "expected a name inside `\(path[0])`, got all of it", "`\(path[0]).…`")
    }
  }

  private mutating func noteLatest(_ path: [String]) {
    if path[0] == "latest" { latestPaths.insert(Array(path.dropFirst())) }
    for scope in scopes {
      if let latest = scope.latestPath { latestPaths.insert(latest + path) }
    }
  }

  private mutating func checkForms(_ scope: TemplateScope, of source: TemplateSource) {
    let rule = PluralRule(language: TemplateLocale.language(locale ?? shop.locale))
    let missing = rule.categoriesOfWholeNumbers.map(\.rawValue).filter { !scope.forms.contains($0) }
    guard !missing.isEmpty else { return }
    warn(
      source, scope.offset,
      "expected a text for each form of the language, got none for \(missing.joined(separator: ", "))",
      "add \(missing.map { "`{{#\($0)}}…{{/\($0)}}`" }.joined(separator: " "))")
  }

  private mutating func escape(
    _ expression: TemplateExpression, _ tag: TemplateTag, of source: TemplateSource, _ place: TemplatePlaces.Place?
  ) -> TemplateEscape {
    guard let place else { return .plain }
    if tag.kind == .rawValue {
      refuse(
        source, tag.start, .badValue,
        "expected `{{\(expression.text)}}`, got it unescaped: a value could bring markup in",
        "markup belongs into the template, or into a partial: `{{> id}}`")
    }
    switch place {
    case .element, .attribute: return .html
    case .style: return .style
    case .addressStart: return .address
    case .address:
      if expression.transforms.last != .urlencoded {
        warn(
          source, tag.start, "expected a value inside an address to be encoded, got `{{\(expression.text)}}`",
          "`{{urlencoded(\(expression.text))}}`")
      }
      return .html
    case .forbidden(let site):
      refuse(
        source, tag.start, .badValue, "expected a value between tags or in a quoted attribute, got one \(site)")
      return .html
    }
  }
}
