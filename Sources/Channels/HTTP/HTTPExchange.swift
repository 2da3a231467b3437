import CCurl

/// What libcurl calls back during a request: it gathers the answer here, within bounds. Used by the thread of its
/// connection alone.
final class HTTPExchange {
  static let maxHeadBytes = 65_536
  static let maxBodyBytes = 65_536

  /// The connection stands and the request is about to be written.
  private(set) var isRequestBegun = false
  private var status = 0
  private var isHeadWhole = false
  private var headBytes = 0
  private var retryAfter: String?
  private var body: [UInt8] = []

  /// Nil until the head of a final answer has come whole.
  var answer: HTTPAnswer? {
    isHeadWhole ? HTTPAnswer(status: status, retryAfter: retryAfter, body: body) : nil
  }

  func begin() {
    (isRequestBegun, status, isHeadWhole, headBytes, retryAfter) = (false, 0, false, 0, nil)
    body.removeAll(keepingCapacity: true)
  }

  /// The handle calls back into this object: it must not outlive it.
  func attach(to handle: CurlHandle) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    handle.set(CURLOPT_HEADERDATA, pointer: context)
    handle.set(CURLOPT_HEADERFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let line = UnsafeRawBufferPointer(start: buffer, count: size * count)
      let isTaken = Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue().take(head: line)
      return isTaken ? size * count : 0
    }
    handle.set(CURLOPT_WRITEDATA, pointer: context)
    handle.set(CURLOPT_WRITEFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      let piece = UnsafeRawBufferPointer(start: buffer, count: size * count)
      return Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue().take(body: piece)
    }
    handle.setBeforeRequest(
      { context, _, _, _, _ in
        guard let context else { return CURL_PREREQFUNC_ABORT }
        Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue().isRequestBegun = true
        return CURL_PREREQFUNC_OK
      }, context: context)
  }

  /// One line of the head; false ends the transfer. Interim answers (1xx) begin again with a status line.
  private func take(head line: UnsafeRawBufferPointer) -> Bool {
    headBytes += line.count
    guard headBytes <= Self.maxHeadBytes else { return false }
    let text = HeaderText(cleaning: String(decoding: line, as: UTF8.self)).text
    if text.hasPrefix("HTTP/") {
      let words = text.split(separator: " ")
      status = words.count > 1 ? Int(words[1]) ?? 0 : 0
      retryAfter = nil
    } else if text.isEmpty {
      isHeadWhole = status >= 200
    } else if let colon = text.firstIndex(of: ":"), text[..<colon].lowercased() == "retry-after" {
      retryAfter = String(text[text.index(after: colon)...].drop { $0 == " " })
    }
    return true
  }

  /// How many bytes were wanted; fewer than given ends the transfer.
  private func take(body piece: UnsafeRawBufferPointer) -> Int {
    let wanted = min(piece.count, Self.maxBodyBytes - body.count)
    body += piece.prefix(wanted)
    return wanted
  }
}
