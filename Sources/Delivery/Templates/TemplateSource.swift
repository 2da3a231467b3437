import Domain

/// A body that is being compiled: a template's own, or one that it includes. Errors in the latter name the place where
/// it is included, since that is the document the sender has before him.
struct TemplateSource {
  let bytes: [UInt8]
  /// Ids of the partials on the way here.
  let trail: [String]
  private let text: TemplateText
  private let outermost: TemplateText
  private let outermostOffset: Int

  init(_ text: TemplateText) {
    (self.text, outermost, outermostOffset, trail) = (text, text, 0, [])
    bytes = Array(text.text.utf8)
  }

  private init(_ text: TemplateText, in outermost: TemplateText, at offset: Int, trail: [String]) {
    (self.text, self.outermost, outermostOffset, self.trail) = (text, outermost, offset, trail)
    bytes = Array(text.text.utf8)
  }

  func including(_ text: TemplateText, id: String, at offset: Int) -> TemplateSource {
    TemplateSource(text, in: outermost, at: trail.isEmpty ? offset : outermostOffset, trail: trail + [id])
  }

  func issue(at offset: Int, _ code: Issue.Code, _ detail: String, _ hint: String?) -> Issue {
    guard let partial = trail.last else { return text.issue(at: offset, code, detail, hint: hint) }
    let place = text.place(of: offset)
    return outermost.issue(
      at: outermostOffset, code, "in the partial `\(partial)`, line \(place.line), column \(place.column): \(detail)",
      hint: hint)
  }
}

/// What may stand after `>`.
enum TemplateInclusion {
  /// Identifiers are the client's own: letters, digits, `._-:@+`, at most 128 bytes.
  static func mistake(in id: String) -> (detail: String, hint: String?)? {
    if id.hasPrefix("*") {
      return (
        "expected the id of a template, got `\(id)`", "which partial it is cannot depend on a value; use sections"
      )
    }
    let isID =
      (1...128).contains(id.utf8.count)
      && id.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "._-:@+".utf8.contains($0) }
    return isID ? nil : ("expected the id of a template, got `\(id.prefix(60))`", "`{{> header}}`")
  }
}

/// Lines and columns of places that come in order; one pass over the text for all of them.
struct LineCounter {
  private let bytes: [UInt8]
  private var at = 0
  private var line = 1
  private var column = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func place(of offset: Int) -> (line: Int, column: Int) {
    while at < offset {
      if bytes[at] == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if bytes[at] & 0xC0 != 0x80 {
        column += 1
      }
      at += 1
    }
    return (line, column)
  }
}
