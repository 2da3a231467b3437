import Domain

/// One file of a template by its name: `cart-1.json`, `cart-1.txt`, `cart-1.en.html`.
struct TemplatePartFile {
  let id: String
  let path: String
  /// Where its text stands in the document; nil for the JSON itself.
  let pointer: String?

  init?(name: String, path: String) {
    var words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard words.count >= 2, let ending = words.popLast(), !words.contains("") else { return nil }
    self.path = path
    switch ending {
    case "json":
      id = words.joined(separator: ".")
      pointer = nil
    case "txt", "html":
      let key = ending == "txt" ? "text" : "html"
      if words.count > 1, let locale = words.last, Self.isLocale(locale) {
        id = words.dropLast().joined(separator: ".")
        pointer = "/locales" + Issue.pointer(locale) + "/" + key
      } else {
        id = words.joined(separator: ".")
        pointer = "/" + key
      }
    default: return nil
    }
  }

  static func refusal(_ name: String) -> Issue {
    let detail = "expected ID.json, ID.txt, ID.html, ID.LOCALE.txt or ID.LOCALE.html, got \(quoted(name))"
    return Issue(pointer: "", code: .badValue, detail: detail)
  }

  /// `ru`, `en-GB`.
  private static func isLocale(_ word: String) -> Bool {
    let parts = word.split(separator: "-", omittingEmptySubsequences: false)
    return (2...3).contains(parts.first?.count ?? 0)
      && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } }
  }
}
