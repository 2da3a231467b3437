/// One cell of an exported table. A spreadsheet runs a text that begins like a formula: such a text gets an apostrophe in
/// front, which an import takes away again
/// (https://owasp.org/www-community/attacks/CSV_Injection).
public enum CSVCell {
  /// In quotes; nil, which is nothing at all, is empty without.
  static func quoted(_ text: String?, raw: Bool) -> String {
    guard let text else { return "" }
    let guarded = !raw && isFormula(text.utf8[...]) ? "'" + text : text
    return "\"" + guarded.replacing("\"", with: "\"\"") + "\""
  }

  /// A cell's text as it was before it was guarded.
  static func unguarded(_ bytes: [UInt8]) -> [UInt8] {
    bytes.first == apostrophe && isFormula(bytes[...]) ? Array(bytes.dropFirst()) : bytes
  }

  private static let apostrophe = UInt8(ascii: "'")
  private static let beginnings: [[UInt8]] =
    ["=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}"].map { Array($0.utf8) }

  /// Behind apostrophes, too: one more, or one less, must not make another text of it.
  private static func isFormula(_ bytes: some Collection<UInt8>) -> Bool {
    let text = bytes.drop { $0 == apostrophe }
    return beginnings.contains { text.starts(with: $0) }
  }
}
