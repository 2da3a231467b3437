/// The subset of BCP 47 that templates ask for: a language and, if need be, a country: `ru`, `pt-BR`.
enum Locales {
  static let hint = "such as \"ru\" or \"pt-BR\""

  /// Language in lower case, country in upper case, a hyphen between. Nil for anything else.
  static func normalised(_ text: String) -> String? {
    let parts = text.split(whereSeparator: { $0 == "-" || $0 == "_" })
    guard (1...2).contains(parts.count), parts.joined().utf8.count == text.utf8.count - parts.count + 1,
      parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isLetter } }), (2...3).contains(parts[0].count),
      parts.count == 1 || parts[1].count == 2
    else { return nil }
    return ([parts[0].lowercased()] + parts.dropFirst().map { $0.uppercased() }).joined(separator: "-")
  }
}
