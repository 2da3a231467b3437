import Testing

@testable import Channels

@Suite("Addresses of letters")
struct MailAddressTests {
  @Test(
    "an address that mail can carry is taken, its domain in ASCII",
    arguments: [
      ("anna@example.com", "anna@example.com"), ("Anna+shop@Example.COM", "Anna+shop@example.com"),
      ("a.b.c@x", "a.b.c@x"), ("anna@пример.рф", "anna@xn--e1afmkfd.xn--p1ai"),
      ("anna@ПРИМЕР.рф", "anna@xn--e1afmkfd.xn--p1ai"), ("anna@bücher.example", "anna@xn--bcher-kva.example"),
      ("anna@и\u{306}од.рф", "anna@xn--d1ajp.xn--p1ai"), ("anna@例え。テスト", "anna@xn--r8jz45g.xn--zckzah"),
    ])
  func taken(_ text: String, _ wire: String) throws {
    #expect(try MailAddress(text).text == wire)
  }

  @Test(
    "an address that could be something else is refused",
    arguments: [
      "", "anna", "@example.com", "anna@", "anna@example..com", "anna@-x.example", "anna@exa mple.com",
      "anna@example.com\r\nRCPT TO:<evil@example.com>", "an\nna@example.com", "anna\u{0}@example.com",
      "<anna@example.com>", "anna@example.com> SIZE=1", "\"a b\"@example.com", "anna@[127.0.0.1]", "a..b@example.com",
      ".a@example.com", "a@b@example.com", "anna@example.com,evil@example.com", "anna@💌.example",
      String(repeating: "a", count: 65) + "@example.com", "a@" + String(repeating: "b", count: 64) + ".com",
    ])
  func refused(_ text: String) {
    #expect(throws: MailRefusal.self) { try MailAddress(text) }
  }

  @Test("a local part beyond ASCII names SMTPUTF8 as the reason")
  func needsSMTPUTF8() {
    #expect(throws: MailRefusal(reason: "address needs SMTPUTF8: the part before @ is not ASCII")) {
      try MailAddress("анна@example.com")
    }
  }

  @Test(
    "a configured sender may have a name",
    arguments: [
      ("news@shop.example", nil), ("Shop <news@shop.example>", "Shop"), ("<news@shop.example>", nil),
      ("\"Shop, \\\"Inc\\\"\" <news@shop.example>", "Shop, \"Inc\""), ("Магазин <news@shop.example>", "Магазин"),
    ] as [(String, String?)])
  func mailbox(_ text: String, _ name: String?) throws {
    let mailbox = try Mailbox(text)
    #expect(mailbox.address.text == "news@shop.example")
    #expect(mailbox.name?.text == name)
  }
}
