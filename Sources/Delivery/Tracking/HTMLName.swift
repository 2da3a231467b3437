/// The name of an element, whatever its case, as one number: most of a letter is tags, and nearly all are asked which.
struct HTMLName: Hashable, Sendable {
  /// Up to eight letters in lower case, one a byte; of longer names, which nobody asks for, only the length is told.
  private let letters: UInt64
  let length: Int

  private static let maxLetters = 8

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    length = range.count
    guard length <= Self.maxLetters else {
      letters = .max
      return
    }
    var letters: UInt64 = 0
    for byte in bytes[range] { letters = letters << 8 | UInt64(byte.asciiLowercased) }
    self.letters = letters
  }

  private init(_ name: StaticString) {
    let bytes = name.withUTF8Buffer { Array($0) }
    self.init(bytes, bytes.indices)
  }

  static let a = HTMLName("a")
  static let area = HTMLName("area")
  static let body = HTMLName("body")
  static let style = HTMLName("style")
  static let title = HTMLName("title")
  static let textarea = HTMLName("textarea")

  /// Those that can hold no tags.
  static let rawElements: [HTMLName] = [
    HTMLName("script"), style, title, textarea, HTMLName("xmp"), HTMLName("iframe"), HTMLName("noembed"),
    HTMLName("noframes"),
  ]
}

extension HTMLName: CustomStringConvertible {
  var description: String {
    guard length <= Self.maxLetters else { return "…" }
    let bytes = (0..<length).reversed().map { UInt8(truncatingIfNeeded: letters >> (8 * UInt64($0))) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
