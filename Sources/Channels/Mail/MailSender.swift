/// Who letters of a channel come from, with the part of the header that is the same for all of them, made once.
package struct MailSender: Sendable {
  let from: Mailbox
  let fixedHeader: [UInt8]

  /// Set by the composer, or none of a configuration's business: a letter has each of them once.
  static let reservedNames: Set<String> = [
    "from", "sender", "reply-to", "to", "cc", "bcc", "date", "message-id", "subject", "mime-version", "content-type",
    "content-transfer-encoding", "auto-submitted", "precedence", "list-unsubscribe", "list-unsubscribe-post",
    "return-path", "received", "dkim-signature",
  ]

  package init(from: Mailbox) { self.init(from: from, headers: []) }

  init(from: Mailbox, replyTo: Mailbox? = nil, headers: [(name: String, value: HeaderText)]) {
    self.from = from
    var header = HeaderWriter()
    header.mailbox("From", from)
    if let replyTo { header.mailbox("Reply-To", replyTo) }
    header.tokens("MIME-Version", "1.0")
    // RFC 3834 §5: nobody's autoresponder should answer.
    header.tokens("Auto-Submitted", "auto-generated")
    for (name, value) in headers { header.prose(name, value) }
    fixedHeader = header.bytes
  }

  /// RFC 5322 §2.2, short enough to leave room on its line.
  static func isFieldName(_ name: String) -> Bool {
    (1...40).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
  }
}
