/// A phone number in E.164, `+79161234567`. Spaces, dots, hyphens and parentheses are taken away; the country's code
/// must be there after `+` or `00`: guessing it would send one person's messages to another.
public struct PhoneNumber: Sendable, Hashable {
  public let text: String

  /// E.164 allows fifteen digits; with fewer than seven no country numbers its subscribers.
  static let digits = 7...15

  public init?(_ raw: String) {
    guard raw.utf8.count <= 32 else { return nil }
    let kept = raw.utf8.filter { !" .-()\u{A0}".utf8.contains($0) }
    let number: ArraySlice<UInt8>
    if kept.first == UInt8(ascii: "+") {
      number = kept.dropFirst()
    } else if kept.starts(with: "00".utf8) {
      number = kept.dropFirst(2)
    } else {
      return nil
    }
    guard Self.digits.contains(number.count), number.first != UInt8(ascii: "0"),
      number.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return nil }
    text = "+" + String(decoding: number, as: UTF8.self)
  }

  public static let hint = "with the country's code: \"+7 916 123-45-67\""
}
