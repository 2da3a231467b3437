import Domain
import JSON

@testable import Channels

/// Beside Testing, which has an Issue of its own, a file needs another name for ours.
typealias ConfigurationIssue = Issue

/// 2026-03-02T09:00:00Z
let noon: Int64 = 1_772_442_000_000

func message(
  key: String = "k-1", to: String = "anna@example.com", toName: String? = nil, subject: String? = "Hello",
  text: String? = "Hello, Anna\n", html: String? = nil, unsubscribe: String? = nil, purpose: Purpose = .transactional,
  data: JSONValue = .object([:])
) -> OutgoingMessage {
  OutgoingMessage(
    id: 7, key: key, channel: "email", purpose: purpose, to: to, toName: toName, subject: subject, text: text,
    html: html, unsubscribeURL: unsubscribe, contact: "c-1", data: data)
}

func shop(_ text: String = "Shop <news@shop.example>") throws -> MailSender {
  MailSender(from: try Mailbox(text))
}

func compose(_ message: OutgoingMessage, from sender: MailSender? = nil, now: Int64 = noon) throws -> [UInt8] {
  try MailMessage(message, from: sender ?? shop(), now: now).bytes
}
