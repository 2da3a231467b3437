/// A phone number in E.164, `+79161234567`. Spaces, dots, hyphens and parentheses are taken away. The country's code
/// stands after `+` or `00`; only Russian numbers are known without, as people there write them: 8 or 7 and ten digits.
public struct PhoneNumber: Sendable, Hashable {
  public let text: String

  /// E.164 allows fifteen digits; with fewer than seven no country numbers its subscribers.
  static let digits = 7...15
  static let russianDigits = 11

  public init?(_ raw: String) {
    guard raw.utf8.count <= 32 else { return nil }
    let kept = raw.utf8.filter { !Self.isSeparator($0) }
    guard let number = Self.international(kept[...]), Self.digits.contains(number.count),
      number.first != UInt8(ascii: "0"), number.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return nil }
    text = "+" + String(decoding: number, as: UTF8.self)
  }

  public static let hint = "with the country's code: \"+7 916 123-45-67\""

  /// The last two are the bytes of a no-break space.
  private static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "("), UInt8(ascii: ")"), 0xC2, 0xA0: true
    default: false
    }
  }

  /// The digits after `+`; nil when the country is not known.
  private static func international(_ kept: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    if kept.first == UInt8(ascii: "+") { return kept.dropFirst() }
    if kept.starts(with: "00".utf8) { return kept.dropFirst(2) }
    guard kept.count == russianDigits, kept.first == UInt8(ascii: "8") || kept.first == UInt8(ascii: "7") else {
      return nil
    }
    return [UInt8(ascii: "7")] + kept.dropFirst()
  }
}
