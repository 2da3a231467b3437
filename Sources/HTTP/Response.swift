/// An answer. Length, date and connection fields are the server's: what a handler puts there is left out, but for
/// `Connection: close`, which is followed.
public struct Response: Sendable {
  public var status: Int
  /// Control characters in values are written as spaces; a name that is no token is left out.
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  /// Sent in the body's place, as it is; the connection is closed behind it.
  public var file: FileBody?

  public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first value of that name, in any case.
  public func header(_ name: String) -> String? {
    headers.first { Self.isSame($0.name, name) }?.value
  }

  var length: Int { file?.count ?? body.count }

  static func isSame(_ one: String, _ other: String) -> Bool {
    one.utf8.count == other.utf8.count
      && zip(one.utf8, other.utf8).allSatisfy { FieldText.lower($0) == FieldText.lower($1) }
  }

  /// An answer whose body is a file.
  public init(status: Int, headers: [(name: String, value: String)] = [], file: FileBody) {
    self.init(status: status, headers: headers)
    self.file = file
  }

  /// 1xx, 204 and 304 have no body (RFC 9110 §6.4.1).
  var mayHaveBody: Bool { status >= 200 && status != 204 && status != 304 }
}
