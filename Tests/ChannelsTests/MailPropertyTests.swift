import Domain
import Seeds
import Testing

@testable import Channels

@Suite("Any letter at all, read back by another mail library")
struct MailPropertyTests {
  static let letters = 300

  @Test("hundreds of random names, subjects and texts come back as written", arguments: [1, 2, 3] as [UInt64])
  func anyLetter(_ seed: UInt64) throws {
    var chance = Seeded(seed)
    let messages = (0..<Self.letters).map { number in
      message(
        key: "key-\(seed)-\(number)", toName: chance.text(upTo: 30), subject: chance.text(upTo: 15),
        text: chance.text(upTo: 400), html: chance.text(upTo: 400), unsubscribe: "https://go.shop.example/u/\(number)",
        purpose: .marketing)
    }
    let sender = try shop("Магазин <news@shop.example>")
    let read = try ReadLetter.all(messages.map { try compose($0, from: sender) })
    #expect(read.count == messages.count)
    let headers = try #require(read.first).headerNames
    for (message, letter) in zip(messages, read) {
      #expect(letter.headerNames == headers)
      #expect(letter.subject == HeaderText(cleaning: message.subject ?? "").text)
      let name = HeaderText(cleaning: message.toName ?? "").prefix(Mailbox.maxNameCharacters)
      #expect(Self.name(letter.toName ?? "") == Self.name(name.text))
      #expect(letter.toAddresses == ["anna@example.com"])
      let areEqual =
        letter.parts.map { Array($0.text.utf8) } == [message.text, message.html].map { Self.canonical($0 ?? "") }
      #expect(areEqual, "\(message.key)")
      #expect(letter.defects == [])
      #expect(letter.isASCII == true)
      #expect(letter.bareLineEnds == 0)
      let isFolded = try #require(letter.longestLine) <= 78
      #expect(isFolded, "\(message.key)")
    }
  }

  /// Python keeps a space between the encoded words of a name, against RFC 2047 §6.2.
  private static func name(_ text: String) -> [Unicode.Scalar] { text.unicodeScalars.filter { $0 != " " } }

  /// By bytes: for Swift's Character, CR LF is one.
  private static func canonical(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var before: UInt8 = 0
    for byte in text.utf8 {
      if byte == 13 || byte == 10 && before != 13 { bytes += [13, 10] } else if byte != 10 { bytes.append(byte) }
      before = byte
    }
    return bytes
  }
}

extension Seeded {
  private static let pieces: [String] = [
    " ", "  ", "\r\n", "\n", "\r", "\t", "\u{0}", "\u{85}", "\u{2028}", ".", "..", "=", "=?", "?=", "=20", "\"", "\\",
    "<",
    ">", ",", ";", ":", "@", "(", ")", "_", "?", "a", "Z", "0", "word", "Анна", "скидка", "ё", "é", "e\u{301}", "中文",
    "🛒",
    "👩‍👩‍👧", "\u{FEFF}", "\u{200D}", "--", "=_", "From ", "Bcc: x@y.example", String(repeating: "x", count: 90),
    String(repeating: "щ", count: 60), "trailing \n", "\n.\n",
  ]

  /// Up to `count` pieces, mostly of one kind or another.
  fileprivate mutating func text(upTo count: Int) -> String {
    let kinds = (0..<Int.random(in: 1...Self.pieces.count, using: &self)).map { _ in
      Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &self)]
    }
    return (0..<Int.random(in: 0...count, using: &self))
      .map { _ in kinds[Int.random(in: 0..<kinds.count, using: &self)] }.joined()
  }
}
