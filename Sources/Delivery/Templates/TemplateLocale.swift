/// Names of languages as templates are kept by: `en`, `en-gb`, in lower case, with `-` (RFC 5646 §2.1).
enum TemplateLocale {
  private static let maxBytes = 35

  /// Nil for what is no such name.
  static func normalized(_ text: String) -> String? {
    let name = String(
      decoding: text.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0.asciiLowercased }, as: UTF8.self)
    let subtags = name.split(separator: "-", omittingEmptySubsequences: false)
    guard name.utf8.count <= maxBytes, let first = subtags.first, (2...8).contains(first.utf8.count),
      first.utf8.allSatisfy(\.isASCIILetter),
      subtags.allSatisfy({
        (1...8).contains($0.utf8.count) && $0.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit }
      })
    else { return nil }
    return name
  }

  static func expected(_ got: String) -> String { "expected a locale like `ru` or `en-GB`, got `\(got)`" }

  /// `en-gb` is `en`.
  static func language(_ locale: String) -> Substring { locale.prefix { $0 != "-" && $0 != "_" } }

  /// `en-gb-x`, `en-gb`, `en`.
  static func fallbacks(_ locale: String) -> [String] {
    let subtags = locale.split(separator: "-")
    return (0..<subtags.count).map { subtags.dropLast($0).joined(separator: "-") }
  }
}
