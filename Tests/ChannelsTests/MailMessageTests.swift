import Domain
import Testing

@testable import Channels

@Suite("A composed letter, read back by another mail library")
struct MailMessageTests {
  @Test("Cyrillic subject and names come back as written")
  func cyrillic() throws {
    let subject = "Анна, ваша корзина ждёт: скидка 10 % до воскресенья — успейте забрать всё, что выбрали 🛒"
    let letter = try ReadLetter(
      bytes: compose(
        message(toName: "Анна Каренина-Вронская", subject: subject),
        from: shop("Магазин «Звено» <news@shop.example>")))
    #expect(letter.subject == subject)
    #expect(letter.fromName == "Магазин «Звено»")
    #expect(letter.fromAddress == "news@shop.example")
    #expect(letter.toName == "Анна Каренина-Вронская")
    #expect(letter.toAddresses == ["anna@example.com"])
    #expect(letter.defects == [])
    #expect(letter.isASCII == true)
  }

  @Test(
    "a subject survives whatever is in it",
    arguments: [
      "plain", "two  spaces", "=?UTF-8?B?0YQ=?=", "100 % = 100 %", "a?b_c=d", "\"quoted\", <angle> & (comment)",
      String(repeating: "word ", count: 60) + "end", String(repeating: "x", count: 300),
      String(repeating: "ё", count: 400), String(repeating: "👩‍👩‍👧", count: 40), "ASCII и кириллица together", "naïve café",
    ])
  func anySubject(_ subject: String) throws {
    let letter = try ReadLetter(bytes: compose(message(subject: subject)))
    let expected = HeaderText(cleaning: subject).text
    #expect(letter.subject == expected)
    #expect(letter.defects == [])
    #expect(try #require(letter.longestHeadLine) <= 78)
  }

  @Test(
    "a name survives whatever is in it",
    arguments: [
      "Anna", "Anna K.", "O'Hara, Anna", "Anna \"the\\ shop\"", "Anna <x@y.example>", "Анна", "a@b.example", "=?x?=",
      "Jürgen Müller", "(comment)", "a:b;c",
    ])
  func anyName(_ name: String) throws {
    let letter = try ReadLetter(bytes: compose(message(toName: name)))
    #expect(letter.toName == name)
    #expect(letter.toAddresses == ["anna@example.com"])
    #expect(letter.defects == [])
  }

  @Test("both parts come back byte for byte, with CRLF line ends")
  func bothParts() throws {
    let text = "Здравствуйте, Анна!\n\n.точка\n..две\nпробел в конце \nконец"
    let html = "<p style=\"color:#333\">Hello&nbsp;=E2 " + String(repeating: "long ", count: 300) + "</p>\n.\n"
    let letter = try ReadLetter(bytes: compose(message(text: text, html: html)))
    #expect(letter.type == "multipart/alternative")
    #expect(
      letter.parts == [
        .init(type: "text/plain", text: text.replacing("\n", with: "\r\n")),
        .init(type: "text/html", text: html.replacing("\n", with: "\r\n")),
      ])
    #expect(letter.encodings == ["base64", "quoted-printable"])
    #expect(letter.bareLineEnds == 0)
    #expect(try #require(letter.longestLine) <= 78)
    #expect(letter.defects == [])
  }

  @Test("line ends of every kind become CRLF, in both encodings", arguments: ["a\rb\nc\r\nd", "я\rю\nэ\r\nь"])
  func lineEnds(_ text: String) throws {
    let letter = try ReadLetter(bytes: compose(message(text: text, html: "x")))
    let expected = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\n", with: "\r\n")
    #expect(letter.parts.first?.text == expected)
  }

  @Test("a letter with one part is no multipart", arguments: [true, false])
  func onePart(_ isHTML: Bool) throws {
    let letter = try ReadLetter(
      bytes: compose(message(text: isHTML ? nil : "Text", html: isHTML ? "<p>Text</p>" : nil)))
    #expect(letter.type == (isHTML ? "text/html" : "text/plain"))
    #expect(letter.parts.count == 1)
  }

  @Test("a letter without any part is refused")
  func noPart() throws {
    #expect(throws: MailRefusal.self) { try compose(message(text: nil)) }
  }

  @Test("the same message is the same bytes on every try, Message-ID and boundary included")
  func stable() throws {
    let letter = message(key: "01HX/3:чек", text: "a", html: "b")
    #expect(try compose(letter) == compose(letter))
    let read = try ReadLetter(bytes: compose(letter, now: noon + 60_000))
    #expect(read.header("Message-ID") == "<01HX/3=3A=D1=87=D0=B5=D0=BA@shop.example>")
  }

  @Test("every letter has the headers that a mail server and a mail program look for")
  func headers() throws {
    let letter = try ReadLetter(
      bytes: compose(message(unsubscribe: "https://go.shop.example/u/abc", purpose: .marketing)))
    #expect(letter.date == "2026-03-02T09:00:00+00:00")
    #expect(letter.header("MIME-Version") == "1.0")
    #expect(letter.header("Auto-Submitted") == "auto-generated")
    #expect(letter.header("Precedence") == "bulk")
    #expect(letter.header("List-Unsubscribe") == "<https://go.shop.example/u/abc>")
    #expect(letter.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click")
    #expect(Set(letter.headerNames).count == letter.headerNames.count)
  }

  @Test(
    "a value from a contact adds no header",
    arguments: [
      "\r\nBcc: evil@example.com", "\nBcc: evil@example.com", "\rBcc: evil@example.com", "a\r\n\r\nbody", "\u{0}x",
      "\u{85}Bcc: evil@example.com", "\u{2028}Bcc: evil@example.com", "=?UTF-8?Q?=0D=0ABcc:_evil@example.com?=",
    ])
  func injection(_ value: String) throws {
    let plain = try ReadLetter(bytes: compose(message(toName: "x", subject: "x", text: "t")))
    let letter = try ReadLetter(bytes: compose(message(toName: "x" + value, subject: "x" + value, text: "t")))
    #expect(letter.headerNames == plain.headerNames)
    #expect(letter.toAddresses == ["anna@example.com"])
    #expect(letter.parts == plain.parts)
  }

  @Test("a subject of a megabyte is refused, a name of a megabyte is cut")
  func megabyte() throws {
    let megabyte = String(repeating: "x", count: 1 << 20)
    #expect(throws: MailRefusal.self) { try compose(message(subject: megabyte)) }
    let letter = try ReadLetter(bytes: compose(message(toName: megabyte)))
    // Python keeps a space between the encoded words of a name, against RFC 2047 §6.2.
    #expect(letter.toName?.count { $0 != " " } == Mailbox.maxNameCharacters)
    #expect(try #require(letter.longestLine) <= 998)
  }

  @Test(
    "an unsubscribe link that could break its header is refused",
    arguments: ["https://a\r\nBcc: x", "https://a>b", "я"])
  func badLink(_ link: String) throws {
    #expect(throws: MailRefusal.self) { try compose(message(unsubscribe: link)) }
  }
}
