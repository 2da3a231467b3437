import HTTP

/// The request parser: bytes of a connection give the same requests and the same refusal however they are cut, and what
/// leaves it holds nothing that could end a line or a text early.
enum HTTPDoor {
  /// Small, so that short inputs reach them.
  private static let limits = {
    var limits = HTTPLimits()
    limits.headBytes = 400
    limits.lineBytes = 200
    limits.fields = 8
    limits.bodyBytes = 300
    return limits
  }()

  static func enter(_ bytes: [UInt8]) throws(Broken) {
    let whole = try outcomes([bytes[...]])
    let byByte = try outcomes(bytes.indices.map { bytes[$0...$0] })
    try Broken.unless(byByte == whole, "at once \(whole), byte by byte \(byByte)")
    // The bytes themselves say where a third way cuts them.
    let cut = bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % (bytes.count + 1)
    let inTwo = try outcomes([bytes[..<cut], bytes[cut...]])
    try Broken.unless(inTwo == whole, "at once \(whole), cut at \(cut) \(inTwo)")
  }

  /// A line for each request, and for the refusal that may stand behind them.
  private static func outcomes(_ pieces: [ArraySlice<UInt8>]) throws(Broken) -> [String] {
    var parser = RequestParser(limits: limits)
    var outcomes: [String] = []
    for piece in pieces {
      parser.append(piece)
      taking: while true {
        switch parser.next() {
        case .needMore: break taking
        case .request(let request):
          try check(request)
          outcomes.append(line(request))
        case .failure(let failure):
          try Broken.unless((400...599).contains(failure.status), "refused with \(failure.status)")
          return outcomes + ["\(failure.status) \(failure.detail)"]
        }
      }
    }
    return outcomes
  }

  private static func line(_ request: ParsedRequest) -> String {
    let head = request.head
    let query = head.target.query.map { "\($0.name)=\($0.value)" }
    let fields = head.headers.pairs.map { "\($0.name): \($0.value)" }
    return "\(head.method) \(head.target.path) \(query) \(fields) \(request.body) \(head.keepsAlive)"
  }

  private static func check(_ request: ParsedRequest) throws(Broken) {
    let (head, target) = (request.head, request.head.target)
    try Broken.unless(
      target.path.hasPrefix("/") || target.path == "*" && head.method == "OPTIONS", "the path \(target.path)")
    try Broken.unless(target.path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control character in a path")
    try Broken.unless(request.body.count <= limits.bodyBytes, "a body of \(request.body.count) bytes")
    try Broken.unless(head.headers.count <= limits.fields, "\(head.headers.count) fields")
    for (name, value) in head.headers.pairs {
      try Broken.unless(
        !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }, "the name \(name)")
      try Broken.unless(
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }, "a control character in \(name)")
    }
    let lengths = head.headers.all("Content-Length").count + head.headers.all("Transfer-Encoding").count
    try Broken.unless(lengths <= 1, "two ways to tell where the body ends")
  }
}
