import CCurl
import Domain

/// One session with the mail server, kept open between letters and opened again when it has died.
final class SMTPConnection: ChannelConnection {
  private let settings: SMTPSettings
  private let now: @Sendable () -> Int64
  private var session: SMTPSession?

  init(_ settings: SMTPSettings, now: @escaping @Sendable () -> Int64) {
    (self.settings, self.now) = (settings, now)
  }

  func send(_ message: OutgoingMessage) -> HandOver {
    let letter: MailMessage
    do {
      letter = try MailMessage(message, from: settings.sender, now: now())
    } catch {
      return .rejected(reason: error.reason)
    }
    if let session, !session.isOver {
      let first = session.hand(letter)
      if !first.isStale { return first.outcome }
    }
    close()
    switch open() {
    case .failure(let failure): return failure.outcome
    case .success(let fresh):
      session = fresh
      return fresh.hand(letter).outcome
    }
  }

  func close() {
    session?.close()
    session = nil
  }

  /// What no session means for the letter.
  private struct NoSession: Error {
    let outcome: HandOver
  }

  private func open() -> Result<SMTPSession, NoSession> {
    do {
      let handle = try handle()
      let greeting = SMTPGreeting()
      greeting.attach(to: handle)
      let code = withExtendedLifetime(greeting) { handle.perform() }
      guard code == CURLE_OK, let socket = handle.socket else {
        var trace = SMTPTrace()
        trace.reply = greeting.reply
        return .failure(NoSession(outcome: trace.outcome(failure: handle.failureText(code))))
      }
      return .success(
        SMTPSession(SMTPWire(handle, socket: socket), takesGroups: greeting.takesGroups, settings: settings))
    } catch {
      return .failure(NoSession(outcome: .retry(afterSeconds: nil, reason: error.reason)))
    }
  }

  private func handle() throws(CurlFailure) -> CurlHandle {
    let server = settings.server
    let handle = try CurlHandle(
      protocols: "smtp,smtps", timeoutMilliseconds: settings.timeoutMilliseconds, certificates: settings.certificates)
    handle.set(CURLOPT_URL, server.url)
    handle.set(CURLOPT_CONNECT_ONLY, 1)
    handle.set(CURLOPT_USE_SSL, Int(server.useSSL.rawValue))
    if !server.checksCertificate(hasOwnAuthority: settings.certificates != nil) {
      handle.set(CURLOPT_SSL_VERIFYPEER, 0)
      handle.set(CURLOPT_SSL_VERIFYHOST, 0)
    }
    if let login = server.login {
      handle.set(CURLOPT_USERNAME, login.user)
      handle.set(CURLOPT_PASSWORD, login.password.text)
    }
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
