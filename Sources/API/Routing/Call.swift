import Domain
public import HTTP
public import JSON

/// A request that has found its route, and the key it came with.
public struct Call: Sendable {
  public let request: Request
  let parameters: [String: String]
  /// Nil on open routes.
  public let caller: Caller?
  /// The answer is to be kept under it.
  public var idempotencyKey: IdempotencyKey?

  init(request: Request, parameters: [String: String], caller: Caller?) {
    (self.request, self.parameters, self.caller) = (request, parameters, caller)
  }

  /// What stands at a place of the path. Asking for a place the pattern does not have is a slip of the route's author.
  public subscript(_ place: String) -> String { parameters[place] ?? "" }

  public var isHead: Bool { request.method == "HEAD" }

  /// The numeric id at a place of the path; anything else is not found.
  public func number(_ place: String) throws(Problem) -> Int64 {
    guard let number = Int64(self[place]), number > 0 else { throw .notFound() }
    return number
  }

  /// Of a body that is read whole on an HTTP thread. Calls that take more say so.
  static let maxJSONBytes = 1 << 20

  /// The body as JSON. 415 unless declared as such, 413 beyond a bound, 400 with line and column unless it is JSON.
  public func json() throws(Problem) -> JSONNode {
    try requireType(["application/json"])
    try requireSize(Self.maxJSONBytes)
    return try JSONNode(body: request.body, limits: JSONLimits())
  }

  func requireSize(_ maxBytes: Int) throws(Problem) {
    let count = request.body.count
    guard count <= maxBytes else { throw .tooLarge("expected a body of at most \(maxBytes) bytes, got \(count)") }
  }

  /// The same, where nothing at all may stand for an empty object.
  public func optionalJSON() throws(Problem) -> JSONNode {
    if request.body.isEmpty { return try JSONNode(body: Array("{}".utf8), limits: JSONLimits()) }
    return try json()
  }

  /// The media type of the body in lower case, without parameters; nil when none is declared.
  public var mediaType: String? {
    guard let header = request.headers["Content-Type"] else { return nil }
    let type = header.prefix { $0 != ";" }
    return String(type.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()).lowercased()
  }

  func requireType(_ types: [String]) throws(Problem) {
    guard let type = mediaType, types.contains(type) else { throw .unsupportedType(mediaType, expected: types) }
  }

  /// A query parameter that is one word of a closed set; nil when it is not there.
  func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) throws(Problem) -> Word?
  where Word.RawValue == String {
    guard let text = request.query(name) else { return nil }
    if let word = Word(rawValue: text) { return word }
    let known = Word.allCases.map(\.rawValue)
    throw .badQuery(
      name, "expected one of \(known.joined(separator: ", ")), got \"\(text.prefix(60))\"",
      hint: nearest(to: text, among: known).map { "did you mean `\($0)`?" })
  }

  /// A query parameter that the route does not know is refused: a misspelled filter must not mean everything.
  func requireQuery(_ known: [String]) throws(Problem) {
    for parameter in request.query where !known.contains(parameter.name) {
      let meant = nearest(to: parameter.name, among: known)
      let expected = known.isEmpty ? "no parameters" : "one of " + known.joined(separator: ", ")
      throw .badQuery(
        parameter.name, "expected \(expected), got `\(parameter.name)`",
        hint: meant.map { "did you mean `\($0)`?" })
    }
  }
}

extension JSONNode {
  init(body: [UInt8], limits: JSONLimits) throws(Problem) {
    do { self = try JSONDocument(parsing: body, limits: limits).root } catch { throw .malformedJSON(error) }
  }
}
