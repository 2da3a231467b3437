import Domain
import JSON

extension SMTPSettings {
  static let keys = [
    "adapter", "url", "tls", "ca", "from", "reply_to", "sender", "headers", "connections", "timeout",
  ]

  /// Nil when something is wrong, which `fields` then has an issue for.
  init?(reading fields: inout FieldReader, known: KnownValues) {
    let connections = fields.connections()
    let timeout = fields.timeoutMilliseconds()
    let certificates = fields.certificates()
    let server = fields.mailServer(known)
    let from = fields.mailbox("from", required: true)
    let replyTo = fields.mailbox("reply_to")
    let sender = fields.mailbox("sender")
    let headers = fields.mailHeaders()
    guard let server, let from, fields.issues.isEmpty else { return nil }
    self.init(
      server: server, sender: MailSender(from: from, replyTo: replyTo, headers: headers),
      envelopeSender: sender?.address ?? from.address, connections: connections, timeoutMilliseconds: timeout,
      certificates: certificates)
  }
}

extension FieldReader {
  /// Secrets in the URL are values, whatever characters they hold. It is never quoted in an issue: it holds a password.
  fileprivate mutating func mailServer(_ known: KnownValues) -> SMTPServer? {
    let tls = word("tls", SMTPServer.TLS.self)
    guard string("url", maxBytes: 2048, required: true) != nil, let node = field("url"),
      let template = template(node, at: pointer(to: "url"), known: known)
    else { return nil }
    guard template.slots.isEmpty else {
      refuse("url", .badValue, "expected no placeholder but {{secret.…}}, got {{\(template.slots[0].name)}}")
      return nil
    }
    do {
      return try SMTPServer(url: template.filled(slotsAs: "", escape: Escaping.login), tls: tls)
    } catch {
      refuse("url", .badValue, error.detail, hint: "\"smtp://user:{{secret.SMTP_PASSWORD}}@mail.shop.example:587\"")
      return nil
    }
  }

  fileprivate mutating func mailbox(_ key: String, required: Bool = false) -> Mailbox? {
    guard let text = string(key, required: required) else { return nil }
    do {
      return try Mailbox(text)
    } catch {
      refuse(key, .badValue, error.reason, hint: "\"Shop <news@shop.example>\"")
      return nil
    }
  }

  /// Headers that every letter of the channel gets.
  fileprivate mutating func mailHeaders() -> [(name: String, value: HeaderText)] {
    guard let node = field("headers"), !node.isNull else { return [] }
    guard node.kind == .object else {
      refuse(.wrongType(pointer(to: "headers"), node, expected: "an object"))
      return []
    }
    return node.members.compactMap { member in
      let place = pointer(to: "headers") + Issue.pointer(member.key)
      guard MailSender.isFieldName(member.key), !MailSender.reservedNames.contains(member.key.lowercased()) else {
        refuse(
          Issue(
            pointer: place, at: member.keyLocation, code: .badValue,
            detail: "expected a header that the letter does not have by itself, got \"\(member.key)\""))
        return nil
      }
      guard let value = member.value.string.flatMap(HeaderText.init(_:)), value.text.utf8.count <= 900 else {
        refuse(.wrongType(place, member.value, expected: "a string of at most 900 bytes without control characters"))
        return nil
      }
      return (member.key, value)
    }
  }
}
