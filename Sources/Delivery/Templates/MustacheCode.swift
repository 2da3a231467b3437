/// Writes what swift-mustache is given. Literal text stands in it as it is where that is safe, else as a number: its
/// parser takes time in proportion to the rest of the text at every brace and every tag, refuses a text that ends in a
/// brace, and takes away what looks like a line of a tag alone, which has been done already.
struct MustacheCode: Sendable {
  /// Texts that stand as numbers.
  private(set) var texts: [Printed] = []
  /// Bytes of the others.
  private(set) var literalBytes = 0
  private(set) var source = ""
  /// Whether the next thing written stands at the beginning of a line.
  private var isLineStart = true
  /// Whether the last thing written is a tag that would take away the line it is alone on.
  private var mayTakeLine = false

  private static let maxLiteral = 512
  private static let maxLiterals = 32 * 1024

  /// Returns how many bytes swift-mustache will print by itself.
  mutating func add(text: String) -> Int {
    guard isSafe(text) else {
      source += "{{&t\(texts.count)}}"
      texts.append(Printed(text))
      (isLineStart, mayTakeLine) = (false, false)
      return 0
    }
    source += text
    let lastLine = text.utf8.reversed().prefix { $0 != UInt8(ascii: "\n") }
    isLineStart = lastLine.count < text.utf8.count && lastLine.allSatisfy(\.isBlank)
    mayTakeLine = false
    literalBytes += text.utf8.count
    return text.utf8.count
  }

  mutating func add(value number: Int) {
    source += "{{&v\(number)}}"
    (isLineStart, mayTakeLine) = (false, false)
  }

  mutating func add(section mark: Character, _ number: Int) {
    source += "{{\(mark)s\(number)}}"
    (mayTakeLine, isLineStart) = (isLineStart, false)
  }

  private func isSafe(_ text: String) -> Bool {
    let bytes = text.utf8
    guard bytes.count <= Self.maxLiteral, literalBytes + bytes.count <= Self.maxLiterals,
      !bytes.contains(UInt8(ascii: "{")), let first = text.unicodeScalars.first, let last = text.unicodeScalars.last
    else { return false }
    // A combining character would become one with the brace beside it.
    guard first.isASCII || "}\(first)".count == 2, last.isASCII || "\(last){".count == 2 else { return false }
    let start = bytes.first { !$0.isBlank }
    return !mayTakeLine || !(start == UInt8(ascii: "\n") || start == UInt8(ascii: "\r"))
  }
}

extension UInt8 {
  /// Space or tab.
  var isBlank: Bool { self == 0x20 || self == 0x09 }
}
