/// Takes a chunked body apart (RFC 9112 §7.1). Trailers are checked and dropped.
struct ChunkScanner {
  private enum Stage {
    case size
    case data(Int)
    case dataEnd
    case trailers
  }

  private var stage: Stage = .size
  private var extensionBytes = 0
  private var trailerBytes = 0
  private var trailerFields = 0

  /// Takes what it can from `start` on, moves `start` and appends to the body. Returns whether the message is complete.
  mutating func scan(
    _ buffer: [UInt8], from start: inout Int, into body: inout [UInt8], limits: HTTPLimits
  ) throws(RequestFailure) -> Bool {
    while true {
      switch stage {
      case .size:
        guard let line = try Self.line(buffer, from: start, atMost: 16 + HTTPLimits.extensionBytes) else {
          return false
        }
        let size = try size(buffer, line)
        start = line.upperBound + 2
        guard size <= limits.bodyBytes - body.count else { throw Self.tooLarge(limits) }
        stage = size == 0 ? .trailers : .data(size)
      case .data(let size):
        let taken = min(size, buffer.count - start)
        body.append(contentsOf: buffer[start..<start + taken])
        start += taken
        guard taken == size else {
          stage = .data(size - taken)
          return false
        }
        stage = .dataEnd
      case .dataEnd:
        guard let line = try Self.line(buffer, from: start, atMost: 0) else { return false }
        start = line.upperBound + 2
        stage = .size
      case .trailers:
        guard let line = try Self.line(buffer, from: start, atMost: limits.lineBytes) else { return false }
        start = line.upperBound + 2
        if line.isEmpty { return true }
        try trailer(buffer, line, limits: limits)
      }
    }
  }

  static func tooLarge(_ limits: HTTPLimits) -> RequestFailure {
    RequestFailure(413, "expected a body of at most \(limits.bodyBytes) bytes")
  }

  /// The next line without its CRLF; nil while it is not complete.
  private static func line(
    _ buffer: [UInt8], from start: Int, atMost limit: Int
  ) throws(RequestFailure) -> Range<Int>? {
    var at = start
    while at < buffer.count, at - start <= limit {
      let byte = buffer[at]
      if byte == FieldText.cr {
        guard at + 1 < buffer.count else { return nil }
        guard buffer[at + 1] == FieldText.lf else {
          throw RequestFailure(400, "expected LF after CR in a chunked body")
        }
        return start..<at
      }
      guard byte >= 0x20 || byte == FieldText.tab, byte != 0x7F else {
        throw RequestFailure(400, "expected CRLF at the end of each line of a chunked body")
      }
      at += 1
    }
    guard at - start <= limit else { throw RequestFailure(400, "expected a shorter line in a chunked body") }
    return nil
  }

  private mutating func size(_ buffer: [UInt8], _ line: Range<Int>) throws(RequestFailure) -> Int {
    var size: UInt64 = 0
    var at = line.lowerBound
    while at < line.upperBound, let digit = FieldText.hexDigit(buffer[at]) {
      guard size >> 60 == 0 else { throw RequestFailure(400, "expected a chunk size of at most 16 digits") }
      size = size << 4 | UInt64(digit)
      at += 1
    }
    guard at > line.lowerBound else { throw RequestFailure(400, "expected a chunk size in hexadecimal digits") }
    extensionBytes += line.upperBound - at
    guard ChunkExtensions.areValid(buffer[at..<line.upperBound]) else {
      throw RequestFailure(400, "expected nothing but extensions behind a chunk size")
    }
    guard extensionBytes <= HTTPLimits.extensionBytesOfMessage else {
      throw RequestFailure(400, "expected fewer chunk extensions")
    }
    return Int(exactly: size) ?? .max
  }

  private static let refusedTrailers: [StaticString] = [
    "content-length", "transfer-encoding", "trailer", "te", "connection", "host", "expect", "authorization", "cookie",
    "content-encoding", "content-range",
  ]

  /// Framing, routing and credentials have no business behind a body (RFC 9110 §6.5.1).
  private mutating func trailer(
    _ buffer: [UInt8], _ line: Range<Int>, limits: HTTPLimits
  ) throws(RequestFailure) {
    trailerBytes += line.count + 2
    trailerFields += 1
    guard trailerBytes <= limits.headBytes, trailerFields <= limits.fields else {
      throw RequestFailure(431, "expected at most \(limits.fields) trailers of \(limits.headBytes) bytes together")
    }
    let text = buffer.span
    let field = try HeadScanner.split(text, line)
    let name = Int(field.name.lowerBound)..<Int(field.name.upperBound)
    for word in Self.refusedTrailers where FieldText.isWord(text, name, word) {
      throw RequestFailure(400, "expected no \(word) in the trailers")
    }
  }
}
