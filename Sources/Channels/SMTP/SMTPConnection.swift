import CCurl
import Domain
import Glibc

/// One session with the mail server, kept open between letters and opened again when it has died.
final class SMTPConnection: ChannelConnection {
  private let settings: SMTPSettings
  private let now: @Sendable () -> Int64
  private var handle: CurlHandle?
  private let transfer = SMTPTransfer()

  init(_ settings: SMTPSettings, now: @escaping @Sendable () -> Int64) {
    (self.settings, self.now) = (settings, now)
  }

  func send(_ message: OutgoingMessage) -> HandOver {
    let letter: MailMessage
    let handle: CurlHandle
    do {
      letter = try MailMessage(message, from: settings.sender, now: now())
      handle = try self.handle ?? open()
    } catch let refusal as MailRefusal {
      return .rejected(reason: refusal.reason)
    } catch {
      return .retry(afterSeconds: nil, reason: "\(error)")
    }
    let first = hand(letter, to: handle, freshly: false)
    guard first.isStale else { return first.outcome }
    return hand(letter, to: handle, freshly: true).outcome
  }

  /// Says QUIT and does not wait for the answer: a server that hangs must not hold up a shutdown.
  func close() {
    if let socket = handle?.keptSocket { shutdown(socket, Int32(SHUT_RD)) }
    handle = nil
  }

  private func hand(
    _ letter: MailMessage, to handle: CurlHandle, freshly: Bool
  ) -> (outcome: HandOver, isStale: Bool) {
    transfer.begin(letter.bytes)
    handle.set(CURLOPT_FRESH_CONNECT, freshly ? 1 : 0)
    let code = handle.perform(CURLOPT_MAIL_RCPT, list: ["<\(letter.recipient.text)>"])
    let failure = code == CURLE_OK ? nil : handle.failureText(code)
    let trace = transfer.result
    let isStale = trace.isStaleConnection(
      wasReused: code != CURLE_OK && handle.number(CURLINFO_NUM_CONNECTS) == 0,
      timedOut: code == CURLE_OPERATION_TIMEDOUT)
    return (trace.outcome(failure: failure), isStale)
  }

  private func open() throws(CurlFailure) -> CurlHandle {
    let server = settings.server
    let handle = try CurlHandle(
      protocols: "smtp,smtps", timeoutMilliseconds: settings.timeoutMilliseconds, certificates: settings.certificates)
    handle.set(CURLOPT_URL, server.url)
    handle.set(CURLOPT_MAIL_FROM, "<\(settings.envelopeSender.text)>")
    handle.set(CURLOPT_UPLOAD, 1)
    // The least that libcurl takes; it makes buffers of twice as much for each letter.
    handle.set(CURLOPT_UPLOAD_BUFFERSIZE, 16_384)
    handle.set(CURLOPT_USE_SSL, Int(server.useSSL.rawValue))
    if !server.checksCertificate(hasOwnAuthority: settings.certificates != nil) {
      handle.set(CURLOPT_SSL_VERIFYPEER, 0)
      handle.set(CURLOPT_SSL_VERIFYHOST, 0)
    }
    if let login = server.login {
      handle.set(CURLOPT_USERNAME, login.user)
      handle.set(CURLOPT_PASSWORD, login.password.text)
    }
    transfer.attach(to: handle)
    self.handle = handle
    return handle
  }
}

extension SMTPServer {
  fileprivate var useSSL: curl_usessl {
    switch tls {
    case .required: CURLUSESSL_ALL
    case .opportunistic: CURLUSESSL_TRY
    case .off: CURLUSESSL_NONE
    }
  }
}
