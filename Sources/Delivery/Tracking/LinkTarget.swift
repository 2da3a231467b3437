/// Where a link of a letter leads, in the form that may stand in a `Location` header: http or https, visible ASCII.
struct LinkTarget {
  let text: String

  /// Longer ones are not tracked: the signed link must stay within what servers and mail programs take.
  static let maxBytes = 2048

  /// The value of an `href` as it stands in HTML. Nil for what is no http(s) link: `mailto:`, `#top`, relative ones,
  /// and what browsers would read otherwise than it looks.
  init?(attribute: ArraySlice<UInt8>) {
    if Self.isWeb(attribute), !attribute.contains(where: Self.needsCare) {
      text = String(decoding: attribute, as: UTF8.self)
      return
    }
    // Browsers drop these inside an address, and spaces around it (WHATWG URL §4.4).
    let address = HTMLText.unescaped(attribute).filter { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    let trimmed = Array(address.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed())
    guard Self.isWeb(trimmed[...]) else { return nil }
    var text: [UInt8] = []
    for byte in trimmed {
      if byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\\") { return nil }
      if Self.needsEncoding(byte) { text += PercentEncoding.encoded(byte) } else { text.append(byte) }
    }
    self.text = String(decoding: text, as: UTF8.self)
  }

  private init(text: String) { self.text = text }

  /// Whether it begins with `http://` or `https://` and a host.
  private static func isWeb(_ address: ArraySlice<UInt8>) -> Bool {
    for scheme in webSchemes where HTMLText.matches(address.prefix(scheme.utf8.count), scheme) {
      guard let first = address.dropFirst(scheme.utf8.count).first else { return false }
      return !"/?#".utf8.contains(first)
    }
    return false
  }

  private static let webSchemes = ["https://", "http://"]

  private static func needsEncoding(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x80..., UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "^"), UInt8(ascii: "`"),
      UInt8(ascii: "{")...UInt8(ascii: "}"):
      true
    default: false
    }
  }

  /// Whether it may not stay as it is.
  private static func needsCare(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "\\") || needsEncoding(byte)
  }

  /// With these parameters before the fragment; one that is there already stays as it is. Values come encoded.
  func adding(_ parameters: [(name: String, value: String)]) -> LinkTarget {
    guard !parameters.isEmpty else { return self }
    let (address, fragment) = Self.cut(text, at: "#")
    let (path, query) = Self.cut(address, at: "?")
    let present = Set(query.dropFirst().split(separator: "&").map { $0.prefix { $0 != "=" } })
    let added = parameters.filter { !present.contains(Substring($0.name)) }.map { $0.name + "=" + $0.value }
    guard !added.isEmpty else { return self }
    let kept = query.dropFirst()
    let joined = (kept.isEmpty ? [] : [String(kept)]) + added
    return LinkTarget(text: path + "?" + joined.joined(separator: "&") + fragment)
  }

  /// The second part begins with the mark, or is empty.
  private static func cut(_ text: some StringProtocol, at mark: Character) -> (Substring, Substring) {
    let text = Substring(text)
    let place = text.firstIndex(of: mark) ?? text.endIndex
    return (text[..<place], text[place...])
  }
}

/// RFC 3986 §2.1.
enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  static func encoded(_ byte: UInt8) -> [UInt8] { [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]] }

  /// Everything but the unreserved characters (§2.3), so it may stand anywhere in a path, a query or a fragment.
  static func encoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if byte.isUnreserved {
        bytes.append(byte)
      } else {
        bytes += encoded(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension UInt8 {
  /// RFC 3986 §2.3.
  fileprivate var isUnreserved: Bool {
    isASCIILetter || isASCIIDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self == UInt8(ascii: "_")
      || self == UInt8(ascii: "~")
  }
}
