import Domain
import JSON

/// Takes a template's JSON apart and gathers everything that is wrong with it.
struct TemplateDocumentParser {
  private(set) var issues: [Issue] = []
  private var files: [String: String]

  init(files: [String: String]) { self.files = files }

  mutating func document(_ node: JSONNode) -> TemplateDocument? {
    var reader = FieldReader(node, known: TemplateDocument.keys)
    guard node.kind == .object else {
      issues += reader.issues
      return nil
    }
    var document = TemplateDocument(
      name: reader.string("name"), note: reader.string("note", maxBytes: 16 * 1024),
      isPartial: reader.bool("partial") ?? false)
    _ = reader.string("$schema")
    if let locale = reader.string("locale", maxBytes: 64) {
      document.locale = TemplateLocale.normalized(locale)
      if document.locale == nil { reader.refuse("locale", .badValue, TemplateLocale.expected(locale)) }
    }
    issues += reader.issues
    document.bodies = bodies(node, pointer: "")
    locales(node, of: &document)
    for pointer in files.keys.sorted() {
      refuse(pointer, node, .unknownKey, "expected a body of the template, got a file for `\(pointer)`")
    }
    check(document, node)
    return document
  }

  private mutating func bodies(_ node: JSONNode?, pointer: String) -> TemplateBodies {
    var bodies = TemplateBodies()
    for part in TemplatePart.allCases {
      let place = pointer + "/" + part.rawValue
      let written = node?[part.rawValue].flatMap { $0.isNull ? nil : $0 }
      if let file = files.removeValue(forKey: place) {
        bodies[part] = TemplateText(file, pointer: place)
        if let written { refuse(place, written, .duplicate, "expected it here or in a file beside this one, got both") }
      } else if let written {
        bodies[part] = TemplateText(written, pointer: place)
        if bodies[part] == nil { issues.append(.wrongType(place, written, expected: "a string")) }
      }
      if let text = bodies[part] { check(text, part) }
    }
    return bodies
  }

  private mutating func locales(_ node: JSONNode, of document: inout TemplateDocument) {
    let written = node["locales"].flatMap { $0.isNull ? nil : $0 }
    if let written, written.kind != .object {
      issues.append(.wrongType("/locales", written, expected: "an object of bodies by locale"))
    }
    let members = written?.members ?? []
    for member in members {
      let (key, pointer) = (member.key, "/locales" + Issue.pointer(member.key))
      issues += FieldReader(member.value, pointer: pointer, known: TemplatePart.allCases.map(\.rawValue)).issues
      add(bodies(member.value, pointer: pointer), key, pointer, member.value, to: &document)
    }
    let inFiles = Set(
      files.keys.compactMap { $0.hasPrefix("/locales/") ? $0.split(separator: "/").dropFirst().first : nil })
    for key in inFiles.sorted() {
      let pointer = "/locales/" + key
      add(bodies(nil, pointer: pointer), String(key), pointer, node, to: &document)
    }
    if document.locales.count > TemplateDocument.maxLocales {
      refuse("/locales", written ?? node, .tooLarge, "expected at most \(TemplateDocument.maxLocales) locales")
    }
  }

  private mutating func add(
    _ bodies: TemplateBodies, _ key: String, _ pointer: String, _ node: JSONNode, to document: inout TemplateDocument
  ) {
    guard let locale = TemplateLocale.normalized(key) else {
      return refuse(pointer, node, .badValue, TemplateLocale.expected(key))
    }
    if document.locales.updateValue(bodies, forKey: locale) != nil || locale == document.locale {
      refuse(pointer, node, .duplicate, "expected each locale once, got `\(locale)` twice")
    }
    // A subject in one language over a letter in another is worse than none.
    for part in TemplatePart.allCases where (bodies[part] == nil) != (document.bodies[part] == nil) {
      let (has, lacks) = bodies[part] == nil ? ("the template", "`\(locale)`") : ("`\(locale)`", "the template")
      refuse(
        pointer, node, .missing,
        "expected the same bodies in every language, got a `\(part.rawValue)` that \(has) has and \(lacks) lacks")
    }
  }

  private mutating func check(_ document: TemplateDocument, _ node: JSONNode) {
    if document.bodies.text == nil && document.bodies.html == nil {
      refuse("", node, .missing, "expected a `text`, an `html` or both, got neither")
    }
    if document.isPartial, document.bodies.subject != nil {
      refuse("/subject", node["subject"] ?? node, .badValue, "expected no subject in a partial: nobody would see it")
    }
  }

  private mutating func check(_ text: TemplateText, _ part: TemplatePart) {
    let bytes = text.text.utf8
    if bytes.isEmpty { issues.append(text.issue(at: 0, .badValue, "expected some text, got none")) }
    if bytes.count > part.maxBytes {
      issues.append(text.issue(at: 0, .tooLarge, "expected at most \(part.maxBytes) bytes, got \(bytes.count)"))
    }
    for (offset, byte) in bytes.enumerated() {
      let isBreak = byte == 0x0A || byte == 0x0D
      guard part == .subject && isBreak || byte < 0x20 && byte != 0x09 && !isBreak || byte == 0x7F else { continue }
      let detail = isBreak ? "expected one line, got a line break" : "expected text, got a control character"
      return issues.append(text.issue(at: offset, .badValue, detail))
    }
  }

  private mutating func refuse(_ pointer: String, _ node: JSONNode, _ code: Issue.Code, _ detail: String) {
    issues.append(Issue(pointer: pointer, at: node.location, code: code, detail: detail))
  }
}
