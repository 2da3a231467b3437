import Domain

/// How far one try of handing a letter over came.
struct SMTPTrace {
  /// Connected, greeted, encrypted and logged in as configured: what follows is about this letter.
  var isSessionReady = false
  /// Some of the body was given to libcurl.
  var hasBodyStarted = false
  /// The body was read to its end: the final dot may have reached the server.
  var hasBodyEnded = false
  /// The last whole reply before the body's end; a refusal stays, whatever libcurl and the server say in parting.
  var reply: SMTPReply?
  /// The whole reply to the final dot.
  var finalReply: SMTPReply?

  /// Pause before the channel is tried again where a server asks for one and names no time.
  static let throttleSeconds = 60.0

  mutating func take(_ reply: SMTPReply) {
    if hasBodyEnded {
      finalReply = finalReply ?? reply
    } else if self.reply.map({ $0.code < 400 }) ?? true {
      self.reply = reply
    }
  }

  /// The one decision on what a hand-over came to. `failure` is nil when libcurl counts it as done; its words otherwise.
  func outcome(failure: String?) -> HandOver {
    if hasBodyEnded {
      guard let finalReply else {
        return .unknown(reason: "the letter was sent whole, then no reply came: \(failure ?? "connection closed")")
      }
      return Self.outcome(of: finalReply)
    }
    if let reply, reply.code >= 400 {
      if !isSessionReady || reply.isAboutLogin { return sessionOutcome(of: reply) }
      return Self.outcome(of: reply)
    }
    guard let failure else { return .unknown(reason: "libcurl reports success without having read the letter") }
    return .retry(afterSeconds: nil, reason: failure)
  }

  private static func outcome(of reply: SMTPReply) -> HandOver {
    switch reply.code {
    case 200..<300: .accepted(providerID: reply.queueID)
    case 500..<600: .rejected(reason: reply.summary)
    case 400..<500 where reply.asksToSlowDown: .throttled(afterSeconds: throttleSeconds, reason: reply.summary)
    case 400..<500: .retry(afterSeconds: nil, reason: reply.summary)
    default: .unknown(reason: "expected a reply of 2xx, 4xx or 5xx to the letter, got \(reply.summary)")
    }
  }

  /// A server that does not let us in says nothing about the letter: it waits. A refused login holds the channel, so
  /// that the account is not locked by a queue of letters trying it.
  private func sessionOutcome(of reply: SMTPReply) -> HandOver {
    if reply.isAboutLogin || reply.asksToSlowDown {
      return .throttled(afterSeconds: Self.throttleSeconds, reason: reply.summary)
    }
    return .retry(afterSeconds: nil, reason: reply.summary)
  }

  /// Whether a kept connection turned out to be closed: nothing of the letter has gone, so a new one may take it.
  func isStaleConnection(wasReused: Bool, timedOut: Bool) -> Bool {
    wasReused && !timedOut && !hasBodyStarted && (reply == nil || reply?.code == 421)
  }
}

extension SMTPReply {
  /// Postfix, Exim and others name the letter: `250 2.0.0 Ok: queued as 4Z1x2y3`.
  fileprivate var queueID: String? {
    guard let marker = Self.place(of: "queued as ", in: text.utf8) else { return nil }
    let word = text[marker...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    return word.isEmpty ? nil : String(word)
  }

  /// Where what follows the words begins. By bytes: comparing characters takes a hundred times as long.
  private static func place(of words: String, in text: String.UTF8View) -> String.Index? {
    guard let first = words.utf8.first else { return nil }
    var rest = text[...]
    while let start = rest.firstIndex(of: first) {
      rest = rest[start...]
      if rest.starts(with: words.utf8) { return rest.index(start, offsetBy: words.utf8.count) }
      rest = rest.dropFirst()
    }
    return nil
  }
}
