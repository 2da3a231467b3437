import Domain
import Testing

@Suite struct AddressTests {
  @Test(
    "an e-mail address has one form, whatever its case",
    arguments: [
      ("Ann@Shop.Example", "ann@shop.example"), ("a.b+c@x.example", "a.b+c@x.example"),
      ("иван@почта.example", "иван@почта.example"), ("o'brien@x.example", "o'brien@x.example"),
      ("ann", nil), ("ann@shop", nil), ("@x.example", nil), ("a@b@x.example", nil), ("a..b@x.example", nil),
      (".a@x.example", nil), ("a b@x.example", nil), ("a@x..example", nil), ("a@-x.example", nil),
      ("\"a b\"@x.example", nil), ("a@[127.0.0.1]", nil), ("Ann <a@x.example>", nil), ("a@x.example\r\nBcc: b@x", nil),
      ("a\u{A0}b@x.example", nil), ("a\u{202E}b@x.example", nil), ("", nil),
      (String(repeating: "a", count: 65) + "@x.example", nil),
    ] as [(String, String?)])
  func emails(raw: String, kept: String?) {
    #expect(EmailAddress(raw)?.text == kept)
  }

  @Test(
    "a phone number is E.164, however people write it",
    arguments: [
      ("+7 (916) 123-45-67", "+79161234567"), ("0049 151 23456789", "+4915123456789"),
      ("+1.415.555.2671", "+14155552671"),
      ("8 916 123-45-67", "+79161234567"), ("79161234567", "+79161234567"),
      ("916 123-45-67", nil), ("0151 23456789", nil), ("+0916123456", nil), ("+12", nil), ("+1234567890123456", nil),
      ("+7916123456x", nil), ("٧٩١٦١٢٣٤٥٦٧", nil), ("++79161234567", nil), ("", nil),
    ] as [(String, String?)])
  func phones(raw: String, kept: String?) {
    #expect(PhoneNumber(raw)?.text == kept)
  }
}
