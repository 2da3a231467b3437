import Channels
import Domain

/// The MIME writer: whatever a name, a subject, a text or a link holds, a letter has just the header fields that belong
/// there, once each, in ASCII, in lines that every mail server takes.
enum MailDoor {
  private static let sender = try? MailSender(from: Mailbox("Shop <news@shop.example>"))

  private static let known: Set<String> = [
    "From", "MIME-Version", "Auto-Submitted", "Date", "Message-ID", "To", "Subject", "List-Unsubscribe",
    "List-Unsubscribe-Post", "Precedence", "Content-Type", "Content-Transfer-Encoding",
  ]

  static func enter(_ bytes: [UInt8]) throws(Broken) {
    // A byte that UTF-8 has no use for stands between the texts.
    var texts = bytes.split(separator: 0xFF, omittingEmptySubsequences: false).prefix(6)
      .map { String(decoding: $0, as: UTF8.self) }
    texts += Array(repeating: "", count: 6 - texts.count)
    let html = texts[3].isEmpty ? nil : texts[3]
    let message = OutgoingMessage(
      id: 1, key: String(texts[5].prefix(16)), channel: "email",
      purpose: bytes.count % 2 == 0 ? .marketing : .transactional,
      to: texts[4].isEmpty ? "anna@example.com" : texts[4], toName: texts[0], subject: texts[1],
      text: html != nil && texts[2].isEmpty ? nil : texts[2], html: html,
      unsubscribeURL: bytes.count % 3 == 0 ? texts[0] : nil, contact: "c-1")
    guard let sender else { throw Broken("the shop's own address was refused") }
    guard let letter = try? MailMessage(message, from: sender, now: 0) else { return }
    try check(letter.bytes)
  }

  private static func check(_ letter: [UInt8]) throws(Broken) {
    let lines = try lines(of: letter)
    guard let end = lines.firstIndex(where: \.isEmpty) else { throw Broken("a letter without a body") }
    var seen: Set<String> = []
    for line in lines[..<end] where line.first != 0x20 && line.first != 0x09 {
      let name = String(decoding: line.prefix { $0 != 0x3A }, as: UTF8.self)
      try Broken.unless(known.contains(name), "the header field \(name)")
      try Broken.unless(seen.insert(name).inserted, "\(name) twice")
    }
    for line in lines[..<end] where line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { throw Broken("an empty fold") }
  }

  /// At most 998 bytes each, in ASCII, with CRLF behind each and neither of them alone (RFC 5322 §2.1.1, §2.3).
  private static func lines(of letter: [UInt8]) throws(Broken) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    var at = 0
    while at < letter.count {
      try Broken.unless(letter[at] < 0x80 && letter[at] != 0, "the byte \(letter[at]) in a letter")
      try Broken.unless(letter[at] != 0x0A, "a bare LF")
      guard letter[at] == 0x0D else {
        at += 1
        continue
      }
      try Broken.unless(at + 1 < letter.count && letter[at + 1] == 0x0A, "a bare CR")
      try Broken.unless(at - start <= 998, "a line of \(at - start) bytes")
      lines.append(letter[start..<at])
      at += 2
      start = at
    }
    try Broken.unless(start == letter.count, "a letter without a line end at its end")
    return lines
  }
}
