package import Domain

/// A letter ready for the wire (RFC 5322, RFC 2045–2047): ASCII, CRLF line ends, lines of at most 78 characters where
/// words allow it and 998 at most. Composing is pure: the same message at the same time gives the same bytes.
package struct MailMessage {
  let recipient: MailAddress
  package let bytes: [UInt8]

  /// A subject longer than this is a template gone wrong.
  static let maxSubjectBytes = 2_000
  /// Less than the 998 that a line may have, the header's name included.
  static let maxLinkBytes = 900

  /// `now`: milliseconds since 1970, for the Date header.
  package init(_ message: OutgoingMessage, from sender: MailSender, now: Int64) throws(MailRefusal) {
    recipient = try MailAddress(message.to)
    var header = HeaderWriter()
    header.tokens("Date", mailDate(now))
    header.tokens("Message-ID", Self.messageID(message.key, domain: sender.from.address.domain))
    header.mailbox("To", Mailbox(name: message.toName.map(HeaderText.init(cleaning:)), address: recipient))
    if let subject = message.subject { header.prose("Subject", try Self.subject(subject)) }
    if let link = message.unsubscribeURL { try Self.addUnsubscribe(link, to: &header) }
    if message.purpose == .marketing { header.tokens("Precedence", "bulk") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2048 + ((message.html ?? "").utf8.count + (message.text ?? "").utf8.count) * 5 / 4)
    bytes += sender.fixedHeader
    bytes += header.bytes
    try Self.appendBody(of: message, to: &bytes)
    self.bytes = bytes
  }

  private static func subject(_ text: String) throws(MailRefusal) -> HeaderText {
    let subject = HeaderText(cleaning: text)
    guard subject.text.utf8.count <= maxSubjectBytes else {
      throw MailRefusal(
        reason: "expected a subject of at most \(maxSubjectBytes) bytes, got \(subject.text.utf8.count)")
    }
    return subject
  }

  /// RFC 8058: both headers, so that a mail program can unsubscribe with one POST.
  private static func addUnsubscribe(_ link: String, to header: inout HeaderWriter) throws(MailRefusal) {
    let isSafe = link.utf8.allSatisfy {
      $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: ",")
    }
    guard isSafe, link.utf8.count <= maxLinkBytes else {
      throw MailRefusal(
        reason: "expected an unsubscribe link of at most \(maxLinkBytes) printable ASCII characters without < > ,")
    }
    header.tokens("List-Unsubscribe", "<\(link)>")
    header.tokens("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
  }

  /// The same over all tries, so that the far side can tell a repetition. What a dot-atom cannot hold (RFC 5322 §3.6.4)
  /// becomes `=` and two hexadecimal digits.
  private static func messageID(_ key: String, domain: String) -> String {
    var local: [UInt8] = []
    for byte in key.utf8 {
      if MailAddress.isAtomText(byte), byte != UInt8(ascii: "=") {
        local.append(byte)
      } else {
        local.appendQuoted(byte)
      }
    }
    return "<\(String(decoding: local, as: UTF8.self))@\(domain)>"
  }
}

extension MailMessage {
  private static func appendBody(of message: OutgoingMessage, to bytes: inout [UInt8]) throws(MailRefusal) {
    switch (message.text, message.html) {
    case (nil, nil):
      throw MailRefusal(reason: "expected a text or an HTML part, got neither")
    case (let text?, nil):
      appendPart("text/plain", text, to: &bytes)
    case (nil, let html?):
      appendPart("text/html", html, to: &bytes)
    case (let text?, let html?):
      let boundary = boundary(for: message.key)
      bytes += "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"\r\n\r\n".utf8
      for (type, content) in [("text/plain", text), ("text/html", html)] {
        bytes += "--\(boundary)\r\n".utf8
        appendPart(type, content, to: &bytes)
      }
      bytes += "--\(boundary)--\r\n".utf8
    }
  }

  private static func appendPart(_ type: String, _ content: String, to bytes: inout [UInt8]) {
    let source = Array(content.utf8)
    let encoding = TransferEncoding(for: source)
    bytes += "Content-Type: \(type); charset=utf-8\r\nContent-Transfer-Encoding: \(encoding.rawValue)\r\n\r\n".utf8
    encoding.append(source, to: &bytes)
    bytes.appendLineEnd()
  }

  /// `=_` occurs neither in quoted-printable nor in base64, so no part can hold the boundary (RFC 2045 §6.7). The rest
  /// is an FNV-1a hash of the key: the same letter is the same bytes on every try.
  private static func boundary(for key: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return "=_" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
