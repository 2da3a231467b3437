/// A tag of a template.
struct TemplateTag {
  enum Kind: Equatable {
    /// `{{name}}`
    case value
    /// `{{{name}}}`, `{{&name}}`
    case rawValue
    /// `{{#name}}`, `{{^name}}`, `{{/name}}`
    case section, inverted, end
    /// `{{> id}}`
    case partial
    case comment

    /// What puts something in its place does not take the line it stands on away with it.
    var takesItsLine: Bool { self != .value && self != .rawValue }
  }

  var kind: Kind
  /// Between the marks.
  var written: String
  /// Offset of its first byte.
  var start: Int
}

/// Takes a template apart into literal text and tags. Errors do not stop it: all of them are found at once.
///
/// A tag that is alone on its line, unless it prints a value, takes the line with it (the "standalone" tags of the
/// Mustache specification). A partial's lines are not indented by where it stands, unlike there: in HTML it means
/// nothing, in text it surprises.
struct TemplateScanner {
  enum Piece {
    case text(Range<Int>)
    case tag(TemplateTag)
  }

  struct Finding {
    var offset: Int
    var detail: String
    var hint: String?
  }

  private(set) var pieces: [Piece] = []
  private(set) var findings: [Finding] = []
  private let bytes: [UInt8]
  /// Where the literal text begins that has not been put among the pieces yet.
  private var textStart = 0

  /// Longer ones have lost their end.
  static let maxTagBytes = 300

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var at = 0
    while let open = pair(UInt8(ascii: "{"), from: at, to: bytes.count) { at = read(tagAt: open) }
    addText(to: bytes.count)
  }

  /// Returns where to go on.
  private mutating func read(tagAt open: Int) -> Int {
    let mark = open + 2 < bytes.count ? bytes[open + 2] : 0
    let isComment = mark == UInt8(ascii: "!")
    let isTriple = mark == UInt8(ascii: "{")
    let limit = isComment ? bytes.count : min(bytes.count, open + Self.maxTagBytes)
    let next = isComment ? nil : pair(UInt8(ascii: "{"), from: open + (isTriple ? 3 : 2), to: limit)
    guard let close = pair(UInt8(ascii: "}"), from: open + 2, to: next ?? limit) else {
      findings.append(Finding(offset: open, detail: "expected `}}` to end this tag, got none"))
      return open + (isTriple ? 3 : 2)
    }
    var end = close + 2
    if isTriple {
      guard end < bytes.count, bytes[end] == UInt8(ascii: "}") else {
        findings.append(Finding(offset: open, detail: "expected `}}}` to end this tag, got `}}`"))
        return end
      }
      end += 1
    }
    if let tag = tag(mark, inside: (open + 2)..<close, at: open) { add(tag, open..<end) }
    return end
  }

  private mutating func tag(_ mark: UInt8, inside: Range<Int>, at open: Int) -> TemplateTag? {
    let written = String(decoding: bytes[inside.dropFirst().clamped(to: inside)], as: UTF8.self)
    let kind: TemplateTag.Kind
    switch mark {
    case UInt8(ascii: "#"): kind = .section
    case UInt8(ascii: "^"): kind = .inverted
    case UInt8(ascii: "/"): kind = .end
    case UInt8(ascii: ">"): kind = .partial
    case UInt8(ascii: "!"): kind = .comment
    case UInt8(ascii: "{"), UInt8(ascii: "&"): kind = .rawValue
    case UInt8(ascii: "="), UInt8(ascii: "%"), UInt8(ascii: "<"), UInt8(ascii: "$"), UInt8(ascii: "*"):
      findings.append(
        Finding(
          offset: open,
          detail: "expected a value, a section, a partial or a comment, got `{{\(Character(Unicode.Scalar(mark)))`",
          hint: "other marks, pragmas and inheritance are not taken; for common parts there is `{{> id}}`"))
      return nil
    default:
      return TemplateTag(kind: .value, written: String(decoding: bytes[inside], as: UTF8.self), start: open)
    }
    return TemplateTag(kind: kind, written: written, start: open)
  }

  private mutating func add(_ tag: TemplateTag, _ range: Range<Int>) {
    let line = tag.kind.takesItsLine ? line(around: range) : nil
    addText(to: line?.lowerBound ?? range.lowerBound)
    pieces.append(.tag(tag))
    textStart = line?.upperBound ?? range.upperBound
  }

  private mutating func addText(to end: Int) {
    if textStart < end { pieces.append(.text(textStart..<end)) }
  }

  /// The line with its end, when nothing but blanks stands on it beside the tag.
  private func line(around tag: Range<Int>) -> Range<Int>? {
    var start = tag.lowerBound
    while start > textStart, bytes[start - 1].isBlank { start -= 1 }
    guard start == 0 || bytes[start - 1] == UInt8(ascii: "\n") else { return nil }
    var end = tag.upperBound
    while end < bytes.count, bytes[end].isBlank { end += 1 }
    if end == bytes.count { return start..<end }
    if bytes[end] == UInt8(ascii: "\r"), end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: "\n") { end += 1 }
    return bytes[end] == UInt8(ascii: "\n") ? start..<(end + 1) : nil
  }

  /// The next place where this byte stands twice.
  private func pair(_ byte: UInt8, from start: Int, to end: Int) -> Int? {
    var at = start
    while at + 1 < end {
      if bytes[at + 1] != byte {
        at += 2
      } else if bytes[at] == byte {
        return at
      } else {
        at += 1
      }
    }
    return nil
  }
}

extension UInt8 {
  /// Space or tab.
  fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }
}
