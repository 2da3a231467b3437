import Crypto
import HTTP

/// A call that says it may come again (draft-ietf-httpapi-idempotency-key-header): what it is found by, what the whole
/// request looked like, and what its answer is sealed with. All three are made under the caller's API key, which the file
/// does not have, so they say nothing to who reads the file.
public struct IdempotencyKey: Sendable {
  let id: [UInt8]
  let fingerprint: [UInt8]
  let seal: SymmetricKey
  /// For the one answer that this call may leave.
  let nonce: [UInt8]

  static let nonceBytes = 12
  static let header = "Idempotency-Key"
  private static let maxBytes = 255

  /// - Parameters:
  ///   - text: the client's own.
  ///   - secret: the API key as it came.
  ///   - nonce: `nonceBytes` random bytes: the same key may seal again at the same moment, where an erasure has taken
  ///     the row.
  init(_ text: String, of request: Request, secret: Substring, nonce: [UInt8]) {
    self.nonce = nonce
    let key = SymmetricKey(data: Array(secret.utf8))
    func code(_ parts: [[UInt8]]) -> [UInt8] {
      var code = HMAC<SHA256>(key: key)
      // Each with its length before it: no two lists of parts read the same.
      for part in parts { code.update(data: Array("\(part.count) ".utf8) + part) }
      return Array(code.finalize())
    }
    let own = Array(text.utf8)
    id = code([Array("id".utf8), own])
    seal = SymmetricKey(data: code([Array("seal".utf8), own]))
    let query = request.query.flatMap { [Array($0.name.utf8), Array($0.value.utf8)] }
    fingerprint = code(
      [Array("request".utf8), Array(request.method.utf8), Array(request.path.utf8)] + query + [request.body])
  }

  /// What the header says; nil: it is not there.
  static func text(in headers: Headers) throws(Problem) -> String? {
    guard let text = headers[header] else { return nil }
    guard (1...maxBytes).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      headers.all(header).count == 1
    else {
      throw .badRequest(
        "expected one \(header) of 1 to \(maxBytes) visible ASCII characters without spaces, as a UUID is")
    }
    return text
  }
}

extension Problem {
  static let callUnderWay = Problem(
    status: 409, code: "call_under_way", title: "The same call is under way",
    detail: "the first call with this Idempotency-Key is not answered yet; ask again in a moment",
    headers: [("Retry-After", "1")])

  static let otherCall = Problem(
    status: 422, code: "idempotency_key_reused", title: "The Idempotency-Key belongs to another call",
    detail: "expected the same method, path, query and body as with this Idempotency-Key before, or another key")

  static func answerNotKept(_ status: Int) -> Problem {
    Problem(
      status: 409, code: "answer_not_kept", title: "It is done, and the answer is not kept",
      detail: "the call was carried out and answered \(status); it is not done again, and its answer was longer than "
        + "\(IdempotentAnswers.maxBytes) bytes")
  }
}
