import CCurl

/// What libcurl calls back during a transfer: it reads the letter here and tells the replies and the stage reached.
/// Used by the thread of its connection alone.
final class SMTPTransfer {
  private var trace = SMTPTrace()
  private var letter: [UInt8] = []
  private var position = 0
  private var replies = SMTPReplyReader()

  func begin(_ letter: [UInt8]) {
    self.letter = letter
    position = 0
    trace = SMTPTrace()
    replies = SMTPReplyReader()
  }

  /// How far it came. A final reply that was cut in the middle counts by its first line.
  var result: SMTPTrace {
    var result = trace
    if result.hasBodyEnded, result.finalReply == nil { result.finalReply = replies.begun }
    return result
  }

  /// The handle calls back into this object: it must not outlive it.
  func attach(to handle: CurlHandle) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    handle.set(CURLOPT_READDATA, pointer: context)
    handle.set(CURLOPT_READFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      return Unmanaged<SMTPTransfer>.fromOpaque(context).takeUnretainedValue().read(into: buffer, size * count)
    }
    // Replies of the server are handed over line by line as headers.
    handle.set(CURLOPT_HEADERDATA, pointer: context)
    handle.set(CURLOPT_HEADERFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      Unmanaged<SMTPTransfer>.fromOpaque(context).takeUnretainedValue().take(line: buffer, size * count)
      return size * count
    }
    handle.set(CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
    handle.setBeforeRequest(
      { context, _, _, _, _ in
        guard let context else { return CURL_PREREQFUNC_ABORT }
        Unmanaged<SMTPTransfer>.fromOpaque(context).takeUnretainedValue().sessionIsReady()
        return CURL_PREREQFUNC_OK
      }, context: context)
  }

  /// The size is not told to libcurl, so it must ask until it gets nothing: only after that answer does it write the
  /// final dot, which makes that answer the border between "surely not taken" and "unknown".
  private func read(into buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
    let count = min(room, letter.count - position)
    guard count > 0 else {
      trace.hasBodyEnded = true
      return 0
    }
    trace.hasBodyStarted = true
    letter.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      UnsafeMutableRawPointer(buffer).copyMemory(from: start + position, byteCount: count)
    }
    position += count
    return count
  }

  private func take(line buffer: UnsafeMutablePointer<CChar>, _ count: Int) {
    buffer.withMemoryRebound(to: UInt8.self, capacity: count) {
      if let reply = replies.take(UnsafeBufferPointer(start: $0, count: count)) { trace.take(reply) }
    }
  }

  private func sessionIsReady() {
    trace.isSessionReady = true
    trace.reply = nil
  }
}
