import Crypto
import Foundation
import HTTP
import JSON
import SQL

/// What was answered to calls with an Idempotency-Key: rows of `idempotent_calls`, each written in the transaction of
/// what the call changed. A call that was refused changed nothing, and nothing is kept of it.
struct IdempotentAnswers {
  /// How long a key is known.
  static let milliseconds: Int64 = 86_400_000
  /// Of a body that is kept.
  static let maxBytes = 65_536

  /// The answer again, with a header that says so; nil: the key is new.
  /// - Throws: a `Problem` where the key stands for another call, or its answer was too long.
  func replay(_ key: IdempotencyKey, now: Int64, _ db: Connection) throws -> Response? {
    let kept = try db.first(
      "SELECT fingerprint, status, answer FROM idempotent_calls WHERE id = $1 AND at > $2",
      [.blob(key.id), .int(now - Self.milliseconds)]
    ) { row in
      (fingerprint: row.blob(0), status: Int(row.int(1)), answer: row.isNull(2) ? nil : row.blob(2))
    }
    guard let kept else { return nil }
    guard kept.fingerprint == key.fingerprint else { throw Problem.otherCall }
    guard let sealed = kept.answer else { throw Problem.answerNotKept(kept.status) }
    let plain = try ChaChaPoly.open(ChaChaPoly.SealedBox(combined: sealed), using: key.seal)
    return try Self.response(Array(plain), status: kept.status)
  }

  /// In the open transaction.
  /// - Parameter contact: see `idempotent_calls`.
  func keep(
    _ response: Response, of key: IdempotencyKey, contact: Int64?, now: Int64, _ db: Connection
  ) throws {
    var sealed = SQLValue.null
    if response.body.count <= Self.maxBytes, response.file == nil {
      let nonce = try ChaChaPoly.Nonce(data: key.nonce)
      sealed = .blob(Array(try ChaChaPoly.seal(Self.plain(response), using: key.seal, nonce: nonce).combined))
    }
    try db.run(
      """
      INSERT OR REPLACE INTO idempotent_calls (id, at, fingerprint, contact, status, answer)
      VALUES ($1, $2, $3, $4, $5, $6)
      """,
      [
        .blob(key.id), .int(now), .blob(key.fingerprint), .optional(contact), .int(response.status), sealed,
      ])
  }

  /// The header fields as a line of JSON, then the body.
  private static func plain(_ response: Response) -> [UInt8] {
    let fields = JSONValue.array(response.headers.map { [.string($0.name), .string($0.value)] })
    return fields.serialized() + [UInt8(ascii: "\n")] + response.body
  }

  private static func response(_ plain: [UInt8], status: Int) throws -> Response {
    let end = plain.firstIndex(of: UInt8(ascii: "\n")) ?? plain.endIndex
    let fields = try JSONValue(parsing: Array(plain[..<end])).array ?? []
    let headers = fields.map { (name: $0.array?.first?.string ?? "", value: $0.array?.last?.string ?? "") }
    return Response(
      status: status, headers: headers + [("Idempotent-Replayed", "true")], body: Array(plain[end...].dropFirst()))
  }
}
