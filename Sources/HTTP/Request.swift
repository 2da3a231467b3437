/// One request, whole and decoded.
public struct Request: Sendable {
  /// One of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS. A HEAD may be answered like a GET: the body is left out on the way.
  public let method: String
  /// Percent-decoded, UTF-8, no control characters; starts with a slash, or is `*` for OPTIONS. Never normalised: `..` and
  /// `//` are what the client wrote.
  public let path: String
  /// Percent-decoded, `+` as a space, in order.
  public let query: [(name: String, value: String)]
  public let headers: Headers
  /// Without framing, inflated if it came as gzip.
  public let body: [UInt8]
  /// In the body's place, as it came: see `Spooling` and `BodyReader`.
  public let file: FileBody?
  /// Where it comes from, without a port: the peer, or whom a trusted proxy speaks for.
  public internal(set) var remoteAddress: String

  private let targetAuthority: String?

  /// For tests and calls from within; nothing is checked.
  public init(
    method: String, path: String, query: [(name: String, value: String)] = [], authority: String? = nil,
    headers: Headers = Headers(), body: [UInt8] = [], file: FileBody? = nil, remoteAddress: String = "127.0.0.1"
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.targetAuthority = authority
    self.headers = headers
    self.body = body
    self.file = file
    self.remoteAddress = remoteAddress
  }

  init(_ head: RequestHead, body: [UInt8] = [], file: FileBody? = nil, remoteAddress: String) {
    self.init(
      method: head.method, path: head.target.path, query: head.target.query, authority: head.target.authority,
      headers: head.headers, body: body, file: file, remoteAddress: remoteAddress)
  }

  /// Host and perhaps port: of an absolute target, else of the Host field, else empty (HTTP/1.0).
  public var authority: String { targetAuthority ?? headers["Host"] ?? "" }

  /// The same, from where it comes by the word of those.
  public func through(_ proxies: TrustedProxies) -> Request {
    var request = self
    request.remoteAddress = proxies.client(of: self)
    return request
  }

  /// The first value of that name.
  public func query(_ name: String) -> String? {
    query.first { $0.name == name }?.value
  }
}
