/// All that a mail channel is configured with.
struct SMTPSettings: Sendable {
  let server: SMTPServer
  let sender: MailSender
  /// Where bounces go (MAIL FROM); the From address unless configured.
  let envelopeSender: MailAddress
  let connections: Int
  let timeoutMilliseconds: Int
  /// A file of certificates to trust instead of the system's.
  let certificates: String?
}
