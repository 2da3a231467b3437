/// Bytes in, requests out: a value, without a socket or a clock. However the bytes are cut, the requests are the same.
package struct RequestParser {
  package enum Outcome {
    case needMore
    case request(ParsedRequest)
    /// Nothing more can be read from this connection.
    case failure(RequestFailure)
  }

  /// Where the next byte will go.
  enum Phase {
    /// Between requests.
    case idle
    case head
    case body
  }

  private enum Stage {
    case head
    case bytes(RequestHead, Int)
    case chunks(RequestHead)
    case failed(RequestFailure)
    case ended
  }

  private let limits: HTTPLimits
  private var buffer: [UInt8] = []
  /// Offset of the first byte not yet taken.
  private var start = 0
  private var stage: Stage = .head
  private var scanner = HeadScanner()
  private var chunks = ChunkScanner()
  private var body: [UInt8] = []
  /// Where the body goes instead of memory.
  private var spooled: SpooledBody?
  private var owesContinue = false
  /// Whose body has not come whole, and nobody has been asked about it.
  private var awaited: RequestHead?
  private var isHeadWithBody = false

  /// Buffers above this are given back between requests, so that ten thousand idle connections stay small.
  private static let keptBytes = 4_096
  private static let compactedBytes = 32 * 1024

  package init(limits: HTTPLimits) {
    self.limits = limits
  }

  package mutating func append(_ bytes: ArraySlice<UInt8>) {
    switch stage {
    case .failed, .ended: return
    case .head, .bytes, .chunks: break
    }
    if start == buffer.count {
      buffer.removeAll(keepingCapacity: true)
      start = 0
    } else if start > Self.compactedBytes {
      buffer.removeSubrange(..<start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  var phase: Phase {
    switch stage {
    case .head: start == buffer.count ? .idle : .head
    case .bytes, .chunks: .body
    case .failed, .ended: .idle
    }
  }

  /// Bytes kept for requests that are not complete.
  var heldBytes: Int { buffer.count - start + body.count }

  /// A body is on its way into a file.
  var isSpooling: Bool { spooled != nil }

  /// Once for each request whose body is still to come, or was refused: its head.
  mutating func takeAwaited() -> RequestHead? {
    defer { awaited = nil }
    return awaited
  }

  /// The request that is being read, or was refused, is a HEAD as far as one knows: no answer to it has a body.
  var isHead: Bool { isHeadWithBody || scanner.isHead }

  /// True once for each request that wants to hear `100 Continue` before it sends its body, unless the body comes anyway.
  mutating func takeContinue() -> Bool {
    defer { owesContinue = false }
    guard owesContinue, body.isEmpty, spooled?.file.count ?? 0 == 0, start == buffer.count else { return false }
    return true
  }

  /// The next complete request. To be called until it needs more.
  package mutating func next() -> Outcome {
    do throws(RequestFailure) {
      return try advance().map { .request($0) } ?? .needMore
    } catch {
      stage = .failed(error)
      return .failure(error)
    }
  }

  private mutating func advance() throws(RequestFailure) -> ParsedRequest? {
    switch stage {
    case .head:
      guard let head = try takeHead() else { return nil }
      try begin(head)
      return try advance()
    case .bytes(let head, let length):
      return try takeBytes(length) ? finish(head) : nil
    case .chunks(let head):
      guard try takeChunks() else { return nil }
      chunks = ChunkScanner()
      return try finish(head)
    case .failed(let failure): throw failure
    case .ended: return nil
    }
  }

  private mutating func takeHead() throws(RequestFailure) -> RequestHead? {
    if scanner.scanned == 0 { try skipEmptyLines() }
    guard start < buffer.count else {
      releaseBuffer()
      return nil
    }
    let buffer = self.buffer
    let text = buffer.span.extracting(start..<buffer.count)
    guard let head = try scanner.scan(text, limits: limits) else { return nil }
    start += scanner.scanned
    scanner = HeadScanner()
    return head
  }

  /// Some clients send a CRLF too many behind a body (RFC 9112 §2.2).
  private mutating func skipEmptyLines() throws(RequestFailure) {
    while start + 1 < buffer.count, buffer[start] == FieldText.cr, buffer[start + 1] == FieldText.lf { start += 2 }
  }

  private mutating func begin(_ head: RequestHead) throws(RequestFailure) {
    if head.framing.body != .none { (awaited, isHeadWithBody) = (head, head.method == "HEAD") }
    spooled = try limits.spooling?.begin(head)
    switch head.framing.body {
    case .none: stage = .bytes(head, 0)
    case .bytes(let length):
      guard length <= spooled?.room ?? limits.bodyBytes else { throw ChunkScanner.tooLarge(limits) }
      stage = .bytes(head, length)
    case .chunked: stage = .chunks(head)
    }
    owesContinue = head.framing.expectsContinue && !head.isHTTP10 && head.framing.body != .none
  }

  private mutating func takeBytes(_ length: Int) throws(RequestFailure) -> Bool {
    if let spooled {
      let taken = min(length - spooled.file.count, buffer.count - start)
      try spooled.append(buffer[start..<start + taken])
      start += taken
      return spooled.file.count == length
    }
    let taken = min(length - body.count, buffer.count - start)
    if taken > 0 {
      body.append(contentsOf: buffer[start..<start + taken])
      start += taken
    }
    return body.count == length
  }

  private mutating func takeChunks() throws(RequestFailure) -> Bool {
    guard let spooled else { return try chunks.scan(buffer, from: &start, into: &body, limits: limits) }
    var limits = limits
    limits.bodyBytes = spooled.room
    let isComplete = try chunks.scan(buffer, from: &start, into: &body, limits: limits)
    try spooled.append(body)
    body.removeAll(keepingCapacity: true)
    return isComplete
  }

  private mutating func finish(_ head: RequestHead) throws(RequestFailure) -> ParsedRequest {
    let request = ParsedRequest(head: head, body: body, file: try spooled?.finish())
    (body, spooled) = ([], nil)
    (owesContinue, awaited, isHeadWithBody) = (false, nil, false)
    stage = head.keepsAlive ? .head : .ended
    return request
  }

  private mutating func releaseBuffer() {
    guard start > 0 else { return }
    if buffer.capacity > Self.keptBytes { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
    start = 0
  }
}

/// A request as it left the parser: its content not yet decoded.
package struct ParsedRequest {
  package let head: RequestHead
  package let body: [UInt8]
  var file: FileBody?
}
