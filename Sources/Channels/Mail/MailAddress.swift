/// An address as it goes over the wire (RFC 5321 §4.1.2): a dot-atom, `@`, and a domain in ASCII. Quoted local parts and
/// address literals are refused: no shop's customer has one, and they are the hiding places of injected commands.
struct MailAddress: Sendable, Hashable {
  let localPart: String
  /// Lower case; international names as `xn--…`.
  let domain: String

  var text: String { localPart + "@" + domain }

  static let maxLocalBytes = 64
  static let maxBytes = 254

  init(_ text: String) throws(MailRefusal) {
    guard let at = text.lastIndex(of: "@") else {
      throw MailRefusal(reason: "expected an e-mail address, got a text without @")
    }
    let localPart = text[..<at]
    guard localPart.utf8.allSatisfy({ $0 < 0x80 }) else {
      throw MailRefusal(reason: "address needs SMTPUTF8: the part before @ is not ASCII")
    }
    guard Self.isDotAtom(localPart), localPart.utf8.count <= Self.maxLocalBytes else {
      throw MailRefusal(
        reason: "expected letters, digits and !#$%&'*+-/=?^_`{|}~ with single dots between them before @")
    }
    guard let domain = HostName.ascii(String(text[text.index(after: at)...])) else {
      throw MailRefusal(reason: "expected a domain after @, like shop.example")
    }
    guard localPart.utf8.count + 1 + domain.utf8.count <= Self.maxBytes else {
      throw MailRefusal(reason: "expected an address of at most \(Self.maxBytes) bytes")
    }
    (self.localPart, self.domain) = (String(localPart), domain)
  }

  /// RFC 5322 §3.2.3.
  private static func isDotAtom(_ text: Substring) -> Bool {
    let atoms = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return atoms.allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomText) }
  }

  static func isAtomText(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }
  }
}
