import Domain

/// One session with a mail server. libcurl connects, greets, encrypts and logs in, then leaves the wire to us: it would
/// wait for the server four times a letter, here it is twice where the server takes commands in groups (RFC 2920).
final class SMTPSession {
  private let wire: SMTPWire
  private let timeoutMilliseconds: Int
  private let takesGroups: Bool
  private let mail: [UInt8]
  private var replies = SMTPReplyReader()
  private var trace = SMTPTrace()
  private var letters = 0
  /// The last letter was refused before its body: the server still has its sender.
  private var needsReset = false

  /// Nothing can be said on it any more.
  private(set) var isOver = false

  /// - Parameter wire: a session behind its greeting and login.
  init(_ wire: SMTPWire, takesGroups: Bool, settings: SMTPSettings) {
    (self.wire, self.takesGroups) = (wire, takesGroups)
    timeoutMilliseconds = settings.timeoutMilliseconds
    mail = Array("MAIL FROM:<\(settings.envelopeSender.text)>\r\n".utf8)
  }

  /// - Returns: what became of it, and whether the session was found closed before the letter was begun: then another
  ///   may take it.
  func hand(_ letter: MailMessage) -> (outcome: HandOver, isStale: Bool) {
    letters += 1
    trace = SMTPTrace()
    trace.isSessionReady = true
    wire.allow(milliseconds: timeoutMilliseconds)
    do throws(SMTPWire.Failure) {
      let failure = try speak(letter)
      let isStale = trace.isStaleConnection(wasReused: letters > 1, timedOut: false)
      if failure != nil, trace.reply?.code == 421 { isOver = true }
      return (trace.outcome(failure: failure), failure != nil && isStale)
    } catch {
      isOver = true
      // A final reply that was cut in the middle counts by its first line.
      if trace.hasBodyEnded, let reply = replies.begun { trace.take(reply) }
      let isStale = trace.isStaleConnection(wasReused: letters > 1, timedOut: error == .timedOut)
      return (trace.outcome(failure: error.reason), isStale)
    }
  }

  /// Says QUIT and does not wait for the answer: a server that hangs must not hold up a shutdown.
  func close() {
    if !isOver { wire.sendAtOnce("QUIT\r\n") }
    isOver = true
  }

  /// - Returns: nil, or why the server has not heard the letter to its end.
  private func speak(_ letter: MailMessage) throws(SMTPWire.Failure) -> String? {
    guard try begin(to: letter.recipient) else { return "the server does not take the letter" }
    // What it has said unasked would be taken for the answer to the letter.
    guard replies.isEmpty else { throw .other("the server answers more than it is asked") }
    trace.hasBodyStarted = true
    let isWhole = try wire.send(SMTPData.bytes(of: letter.bytes)) {
      // The dot may reach the server from here on: the border between "surely not taken" and "unknown".
      trace.hasBodyEnded = true
    } heard: { () throws(SMTPWire.Failure) in
      try answer().code >= 400
    }
    if isWhole, trace.finalReply == nil { _ = try answer() }
    isOver = isOver || !isWhole || !replies.isEmpty || trace.finalReply?.code == 421
    return isWhole ? nil : "the server does not hear the letter to its end"
  }

  /// - Returns: whether the server waits for the body.
  private func begin(to recipient: MailAddress) throws(SMTPWire.Failure) -> Bool {
    var commands = [mail, Array("RCPT TO:<\(recipient.text)>\r\n".utf8), Array("DATA\r\n".utf8)]
    if needsReset { commands.insert(Array("RSET\r\n".utf8), at: 0) }
    if takesGroups { try say(Array(commands.joined())) }
    var isRefused = false
    for (number, command) in commands.enumerated() {
      if !takesGroups { try say(command) }
      let reply = try answer()
      let isLast = number == commands.count - 1
      let isExpected = isLast ? reply.code == 354 : reply.code / 100 == 2
      // Waits for a body that it has no recipient for: there is no way back from there.
      if isRefused, isLast, isExpected { isOver = true }
      isRefused = isRefused || !isExpected
      if isRefused, !takesGroups { break }
    }
    needsReset = isRefused
    return !isRefused
  }

  private func say(_ commands: [UInt8]) throws(SMTPWire.Failure) {
    _ = try wire.send(commands, isLast: {}) { () throws(SMTPWire.Failure) in false }
  }

  private func answer() throws(SMTPWire.Failure) -> SMTPReply {
    while true {
      if let reply = replies.next() {
        trace.take(reply)
        return reply
      }
      try wire.receive { replies.add($0) }
    }
  }
}
