/// Content codings: gzip and nothing else (RFC 9110 §8.4, §12.5.3).
enum Compression {
  /// Smaller bodies gain less than the work costs.
  private static let smallestBody = 1_024

  /// The body without its coding.
  static func decoded(_ request: ParsedRequest, limits: HTTPLimits) throws(RequestFailure) -> [UInt8] {
    let codings = request.head.headers.all("Content-Encoding")
    guard let coding = codings.first else { return request.body }
    guard codings.count == 1 else { throw unsupported }
    switch coding.lowercased() {
    case "", "identity": return request.body
    case "gzip", "x-gzip": break
    default: throw unsupported
    }
    do throws(Gzip.Refusal) {
      return try Gzip.inflated(request.body, atMost: limits.bodyBytes, ratio: limits.inflateRatio)
    } catch {
      switch error {
      case .notGzip: throw RequestFailure(400, "expected a body that is whole and valid gzip")
      case .tooLarge:
        throw RequestFailure(
          413,
          "expected a body of at most \(limits.bodyBytes) bytes and \(limits.inflateRatio) times its size when inflated"
        )
      }
    }
  }

  static func isGzip(_ headers: Headers) -> Bool {
    ["gzip", "x-gzip"].contains(headers["Content-Encoding"]?.lowercased() ?? "")
  }

  /// Of a body that is decoded as it is read.
  static func requireKnown(_ headers: Headers) throws(RequestFailure) {
    let codings = headers.all("Content-Encoding").map { $0.lowercased() }
    guard codings.count <= 1, codings.allSatisfy({ ["", "identity", "gzip", "x-gzip"].contains($0) }) else {
      throw unsupported
    }
  }

  private static let unsupported = RequestFailure(415, "expected Content-Encoding to be gzip or absent")

  /// The answer as this client takes it.
  static func applied(to response: Response, for headers: Headers) -> Response {
    guard response.mayHaveBody, response.body.count > smallestBody, isCompressible(response),
      response.header("Content-Encoding") == nil
    else { return response }
    var response = response
    response.headers.append(("Vary", "Accept-Encoding"))
    guard acceptsGzip(headers.all("Accept-Encoding")), let body = Gzip.deflated(response.body),
      body.count < response.body.count
    else { return response }
    response.body = body
    response.headers.append(("Content-Encoding", "gzip"))
    return response
  }

  private static func isCompressible(_ response: Response) -> Bool {
    guard let type = response.header("Content-Type")?.lowercased().prefix(while: { $0 != ";" && $0 != " " }) else {
      return false
    }
    return type.hasPrefix("text/") || type.hasSuffix("json") || type.hasSuffix("+xml")
      || type == "application/javascript"
  }

  /// Whether an `Accept-Encoding` takes gzip: named with a weight above zero, or meant by a star.
  static func acceptsGzip(_ fields: [String]) -> Bool {
    var star = false
    var named: Bool?
    for element in fields.flatMap({ $0.utf8.split(separator: UInt8(ascii: ",")) }) {
      let parts = element.split(separator: UInt8(ascii: ";")).map { part in
        part.filter { !FieldText.isSpace($0) }.map(FieldText.lower)
      }
      let isTaken = !parts.dropFirst().contains { isZeroWeight($0) }
      switch parts.first.map({ String(decoding: $0, as: UTF8.self) }) {
      case "gzip", "x-gzip": named = isTaken
      case "*": star = isTaken
      default: break
      }
    }
    return named ?? star
  }

  /// `q=0`, `q=0.`, `q=0.000`.
  private static func isZeroWeight(_ parameter: [UInt8]) -> Bool {
    parameter.starts(with: "q=0".utf8)
      && parameter.dropFirst(3).allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
  }
}
