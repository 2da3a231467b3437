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

/// Puts replies together from what comes over the wire. Bounded: of a longer line or reply the rest is dropped.
struct SMTPReplyReader {
  private var line: [UInt8] = []
  private var text: [UInt8] = []
  private var code: Int?
  private var replies: [SMTPReply] = []

  /// What is kept of a line.
  private static let maxLineBytes = 1000

  /// What has come of a reply that has not ended. All lines of a reply have one code, so the first tells it.
  var begun: SMTPReply? { code.map { SMTPReply(code: $0, text: words) } }

  /// Nothing has come that was not taken.
  var isEmpty: Bool { replies.isEmpty && code == nil && line.isEmpty }

  /// The oldest whole reply.
  mutating func next() -> SMTPReply? { replies.isEmpty ? nil : replies.removeFirst() }

  mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 10) {
      keep(rest[..<end])
      endLine()
      rest = rest[(end + 1)...]
    }
    keep(rest)
  }

  private mutating func keep(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) {
    line += bytes.prefix(Self.maxLineBytes - line.count)
  }

  /// Lines that are no reply lines are dropped.
  private mutating func endLine() {
    defer { line.removeAll(keepingCapacity: true) }
    if line.last == 13 { line.removeLast() }
    guard line.count >= 3, line.prefix(3).allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return }
    code = line.prefix(3).reduce(0) { $0 * 10 + Int($1 - 48) }
    let words = line.dropFirst(4)
    let room = SMTPReply.maxTextBytes - text.count
    if room > 0, !words.isEmpty {
      if !text.isEmpty { text.append(32) }
      text += words.prefix(room)
    }
    guard line.count == 3 || line[3] != UInt8(ascii: "-") else { return }
    if let begun { replies.append(begun) }
    (code, text) = (nil, [])
  }

  private var words: String { HeaderText(cleaning: String(decoding: text, as: UTF8.self)).text }
}
