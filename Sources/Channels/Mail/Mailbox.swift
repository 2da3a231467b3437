/// A name and an address, as configuration writes them: `Shop <news@shop.example>`, `"Shop, Inc" <…>` or the address.
package struct Mailbox: Sendable, Hashable {
  let name: HeaderText?
  let address: MailAddress

  /// Names are decoration: what is longer is cut.
  static let maxNameCharacters = 100

  init(name: HeaderText?, address: MailAddress) {
    self.name = name.flatMap { $0.isEmpty ? nil : $0.prefix(Self.maxNameCharacters) }
    self.address = address
  }

  package init(_ text: String) throws(MailRefusal) {
    guard let open = text.lastIndex(of: "<") else {
      self.init(name: nil, address: try MailAddress(text))
      return
    }
    guard text.last == ">" else { throw MailRefusal(reason: "expected > at the end, like Shop <news@shop.example>") }
    let inside = text[text.index(after: open)...].dropLast()
    guard let name = HeaderText(Self.unquoted(text[..<open])) else {
      throw MailRefusal(reason: "expected a name without control characters")
    }
    self.init(name: name, address: try MailAddress(String(inside)))
  }

  private static func unquoted(_ text: Substring) -> String {
    var name = text.drop { $0 == " " }
    while name.last == " " { name.removeLast() }
    guard name.count >= 2, name.first == "\"", name.last == "\"" else { return String(name) }
    var plain = ""
    var escaped = false
    for character in name.dropFirst().dropLast() {
      if character == "\\", !escaped {
        escaped = true
      } else {
        plain.append(character)
        escaped = false
      }
    }
    return plain
  }
}
