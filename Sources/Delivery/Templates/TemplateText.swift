import Domain
public import JSON

/// One body as it was written, which knows where that was: an error names the place in the document that was sent.
public struct TemplateText: Sendable {
  public let text: String
  /// `/html`, `/locales/en/subject`.
  public let pointer: String
  /// The JSON string it was written as; nil when it was a file of its own.
  private let node: JSONNode?

  /// A body that is a file of its own: lines and columns are those of the file.
  public init(_ text: String, pointer: String) {
    (self.text, self.pointer, node) = (text, pointer, nil)
  }

  /// Nil unless it is a string.
  public init?(_ node: JSONNode, pointer: String) {
    guard let text = node.string else { return nil }
    (self.text, self.pointer, self.node) = (text, pointer, node)
  }

  /// `offset`: bytes into the text. Cost: linear in the place, so for errors alone.
  func issue(at offset: Int, _ code: Issue.Code, _ detail: String, hint: String? = nil) -> Issue {
    let place = place(of: offset)
    guard let node else {
      return Issue(
        pointer: pointer, line: place.line, column: place.column, code: code, detail: detail, hint: hint)
    }
    let start = node.location
    let within = text.utf8.contains(UInt8(ascii: "\n")) ? " (line \(place.line), column \(place.column) of it)" : ""
    return Issue(
      pointer: pointer, line: start.line, column: start.column + JSONEscapes.codePoints(node.rawBytes, before: offset),
      code: code, detail: detail + within, hint: hint)
  }

  /// Line and column within the text, both from 1, the column in code points.
  func place(of offset: Int) -> (line: Int, column: Int) {
    var (line, column) = (1, 1)
    for byte in text.utf8.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }
}

/// A JSON string as it stands, against what it means.
enum JSONEscapes {
  /// How many code points of the string, its opening quote included, stand before the place that becomes byte `offset`
  /// of what it means. The string has been parsed, so every escape is whole.
  static func codePoints(_ raw: ArraySlice<UInt8>, before offset: Int) -> Int {
    var rest = raw.dropFirst()
    var (points, decoded) = (1, 0)
    while decoded < offset, let byte = rest.first {
      let length = byte == UInt8(ascii: "\\") ? (rest.dropFirst().first == UInt8(ascii: "u") ? 6 : 2) : 1
      if length == 6 {
        decoded += bytes(ofEscape: rest.prefix(6))
      } else {
        decoded += 1
      }
      points += byte & 0xC0 == 0x80 ? 0 : length
      rest = rest.dropFirst(length)
    }
    // Into the middle of a character: the bytes that go on with it.
    return points
  }

  /// UTF-8 bytes of `\uXXXX`; half of a surrogate pair counts for two of its four.
  private static func bytes(ofEscape escape: ArraySlice<UInt8>) -> Int {
    let unit = UInt32(String(decoding: escape.dropFirst(2), as: UTF8.self), radix: 16) ?? 0
    return unit < 0x80 ? 1 : unit < 0x800 || (0xD800..<0xE000).contains(unit) ? 2 : 3
  }
}
