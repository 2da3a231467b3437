/// One reply of a mail server (RFC 5321 §4.2): its code and its words, bounded.
struct SMTPReply: Sendable, Equatable {
  let code: Int
  /// All lines in one, without control characters.
  let text: String

  static let maxTextBytes = 512

  /// What goes into ledgers and messages to people.
  var summary: String { text.isEmpty ? "\(code)" : "\(code) \(text)" }

  /// Whether the server means the pace, not this letter.
  var asksToSlowDown: Bool {
    guard (400..<500).contains(code) else { return false }
    let words = text.lowercased()
    return ["too many", "rate limit", "too fast", "throttl", "4.7.28", "4.3.2"].contains { words.contains($0) }
  }

  /// Whether it is about the session's login, which no letter can help (RFC 4954 §6, RFC 3207 §4).
  var isAboutLogin: Bool { [530, 534, 535, 538].contains(code) }
}

/// Puts replies together from the lines that libcurl hands over.
struct SMTPReplyReader {
  private var text: [UInt8] = []
  private var code: Int?

  /// What has come of a reply that has not ended. All lines of a reply have one code, so the first tells it.
  var begun: SMTPReply? { code.map { SMTPReply(code: $0, text: words) } }

  /// The reply that ends with this line, if it does. Lines that are no reply lines are dropped.
  mutating func take(_ line: UnsafeBufferPointer<UInt8>) -> SMTPReply? {
    guard line.count >= 3, line.prefix(3).allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    let code = line.prefix(3).reduce(0) { $0 * 10 + Int($1 - 48) }
    let isLast = line.count == 3 || line[3] != UInt8(ascii: "-")
    let words = line.dropFirst(4)
    let room = SMTPReply.maxTextBytes - text.count
    if room > 0, !words.isEmpty {
      if !text.isEmpty { text.append(32) }
      text += words.prefix(room)
    }
    self.code = code
    guard isLast else { return nil }
    defer { self = SMTPReplyReader() }
    return begun
  }

  private var words: String { HeaderText(cleaning: String(decoding: text, as: UTF8.self)).text }
}
