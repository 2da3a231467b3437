@testable import HTTP

/// What a parser makes of a text, one line each: requests as `METHOD path body`, a refusal as its status and detail.
enum Parsing {
  static func lines(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) -> [String] {
    var parser = RequestParser(limits: limits)
    var lines: [String] = []
    for piece in pieces {
      parser.append(piece[...])
      taking: while true {
        switch parser.next() {
        case .needMore: break taking
        case .request(let request): lines.append(line(request))
        case .failure(let failure): return lines + ["\(failure.status) \(failure.detail)"]
        }
      }
    }
    return lines
  }

  static func lines(_ text: String, limits: HTTPLimits = HTTPLimits()) -> [String] {
    lines([Array(text.utf8)], limits: limits)
  }

  /// The status of the refusal, or nil when there is none.
  static func status(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Int? {
    lines(text, limits: limits).last.flatMap { Int($0.prefix(3)) }
  }

  /// Everything a parser makes of bytes that come in pieces: what a handler would be told of each request, and the
  /// refusal.
  static func everything(_ pieces: [ArraySlice<UInt8>]) -> [String] {
    var parser = RequestParser(limits: HTTPLimits())
    var lines: [String] = []
    for piece in pieces {
      parser.append(piece)
      taking: while true {
        switch parser.next() {
        case .needMore: break taking
        case .request(let request): lines.append(everything(request))
        case .failure(let failure): return lines + ["\(failure.status) \(failure.detail)"]
        }
      }
    }
    return lines
  }

  private static func everything(_ request: ParsedRequest) -> String {
    let head = request.head
    return "\(head.method) \(head.target) \(head.headers.pairs) \(request.body) \(head.keepsAlive)"
  }

  static func failure(_ outcome: RequestParser.Outcome) -> RequestFailure? {
    if case .failure(let failure) = outcome { failure } else { nil }
  }

  private static func line(_ request: ParsedRequest) -> String {
    "\(request.head.method) \(request.head.target.path) \(String(decoding: request.body, as: UTF8.self))"
  }
}
