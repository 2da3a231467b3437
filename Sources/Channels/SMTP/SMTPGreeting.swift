import CCurl

/// What libcurl reads while it opens a session: the server's replies up to the login.
final class SMTPGreeting {
  private var replies = SMTPReplyReader()
  /// The last one, or the first refusal: it stays, whatever is said in parting.
  private(set) var reply: SMTPReply?
  /// Whether the last EHLO was answered with PIPELINING.
  private(set) var takesGroups = false

  /// The handle calls back into this object: it must outlive the opening.
  func attach(to handle: CurlHandle) {
    // Replies of the server are handed over line by line as headers.
    handle.set(CURLOPT_HEADERDATA, pointer: Unmanaged.passUnretained(self).toOpaque())
    handle.set(CURLOPT_HEADERFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      buffer.withMemoryRebound(to: UInt8.self, capacity: size * count) {
        Unmanaged<SMTPGreeting>.fromOpaque(context).takeUnretainedValue()
          .take(line: UnsafeBufferPointer(start: $0, count: size * count))
      }
      return size * count
    }
    handle.set(CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
  }

  private func take(line: UnsafeBufferPointer<UInt8>) {
    let words = String(decoding: line, as: UTF8.self)
    // STARTTLS is answered with 220, and EHLO is said again.
    if words.hasPrefix("220") { takesGroups = false }
    if words.hasPrefix("250"), words.dropFirst(4).uppercased().split(whereSeparator: \.isWhitespace) == ["PIPELINING"] {
      takesGroups = true
    }
    replies.add(line)
    while let next = replies.next() {
      if reply.map({ $0.code < 400 }) ?? true { reply = next }
    }
  }
}
