/// Escaping, and the other way.
enum HTMLText {
  /// For element content and for quoted attributes alike. Text without anything to escape is returned as it is.
  static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: isSpecial) else { return text }
    var escaped: [UInt8] = []
    escaped.reserveCapacity(text.utf8.count + 32)
    append(text.utf8, to: &escaped)
    return String(decoding: escaped, as: UTF8.self)
  }

  /// The same, behind what is there.
  static func append(_ text: some Sequence<UInt8>, to html: inout [UInt8]) {
    for byte in text {
      if isSpecial(byte) { html += entity(of: byte).utf8 } else { html.append(byte) }
    }
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "\"")
      || byte == UInt8(ascii: "'")
  }

  private static func entity(of byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "<"): "&lt;"
    case UInt8(ascii: ">"): "&gt;"
    case UInt8(ascii: "&"): "&amp;"
    case UInt8(ascii: "\""): "&quot;"
    default: "&#39;"
    }
  }

  /// The value of an attribute: character references with a semicolon are resolved, others stay as they are, so that
  /// `?a=1&copy=2` keeps its parameter (WHATWG HTML §13.2.5.73 does the same within attributes).
  static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "&")) else { return Array(bytes) }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.first {
      if byte == UInt8(ascii: "&"), let (characters, length) = reference(rest) {
        text += characters
        rest = rest.dropFirst(length)
      } else {
        text.append(byte)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  private static let longestReference = 12
  private static let named: [String: UInt8] = [
    "amp": UInt8(ascii: "&"), "lt": UInt8(ascii: "<"), "gt": UInt8(ascii: ">"), "quot": UInt8(ascii: "\""),
    "apos": UInt8(ascii: "'"), "num": UInt8(ascii: "#"), "quest": UInt8(ascii: "?"), "equals": UInt8(ascii: "="),
    "colon": UInt8(ascii: ":"), "sol": UInt8(ascii: "/"), "Tab": 9, "NewLine": 10,
  ]

  private static func reference(_ rest: ArraySlice<UInt8>) -> (characters: [UInt8], length: Int)? {
    guard let end = rest.prefix(longestReference).firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
    let length = end - rest.startIndex + 1
    if let byte = named[name] { return ([byte], length) }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let isHexadecimal = digits.first == "x" || digits.first == "X"
    guard let number = UInt32(isHexadecimal ? digits.dropFirst() : digits, radix: isHexadecimal ? 16 : 10) else {
      return nil
    }
    let scalar = number == 0 ? nil : Unicode.Scalar(number)
    return (Array(String(Character(scalar ?? "\u{FFFD}")).utf8), length)
  }

  static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.map(\.asciiLowercased), as: UTF8.self)
  }

  /// Whether these are the word, which is in lower case, in any case.
  static func matches(_ bytes: ArraySlice<UInt8>, _ word: String) -> Bool {
    bytes.count == word.utf8.count && zip(bytes, word.utf8).allSatisfy { $0.asciiLowercased == $1 }
  }
}

extension UInt8 {
  var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
  var isASCIILetter: Bool { (0x61...0x7A).contains(self | 0x20) }
  var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
  /// Space, tab, line feed, form feed, carriage return (WHATWG Infra §4.6).
  var isHTMLSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0C || self == 0x0D }
}
