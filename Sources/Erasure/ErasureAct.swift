public import Domain
public import JSON
public import SQL

/// The act of an erasure: who asked, when, why, what went, and whether it is through. It names nobody: whoever asks for it
/// by a key of the person knows whose it is.
public struct ErasureAct: Sendable, Hashable {
  public enum State: String, Sendable {
    /// Rows go, slice by slice. He is cut off already: no run, no message, no key.
    case erasing
    /// Free space of the file is overwritten.
    case cleaning
    case done
  }

  public let number: Int64
  public let id: String
  public let state: State
  public let reason: String
  /// api_keys.id
  public let askedBy: String
  public let requestedAt: Timestamp
  public let doneAt: Timestamp?
  /// Rows by kind.
  public let erased: JSONValue

  /// - Parameter contact: as the caller named him.
  public func json(contact: String? = nil) -> JSONValue {
    var object: JSONObject = ["id": .string(id)]
    object["contact"] = contact.map { .string($0) }
    object["state"] = .string(state.rawValue)
    object["reason"] = .string(reason)
    object["asked_by"] = .string(askedBy)
    object["requested_at"] = .string(requestedAt.rfc3339)
    object["done_at"] = doneAt.map { .string($0.rfc3339) } ?? .null
    object["erased"] = erased
    return .object(object)
  }

  private static let columns = "number, id, state, reason, asked_by, requested_at, done_at, erased"

  public static func read(_ id: String, _ db: Connection) throws -> ErasureAct? {
    try db.first("SELECT \(columns) FROM erasures WHERE id = $1", [.text(id)]) { try ErasureAct($0) }
  }

  public static func page(after number: Int64, limit: Int, _ db: Connection) throws -> [ErasureAct] {
    try db.query(
      "SELECT \(columns) FROM erasures WHERE number > $1 ORDER BY number LIMIT $2", [.int(number), .int(limit)]
    ) { try ErasureAct($0) }
  }

  private init(_ row: Row) throws {
    (number, id, state) = (row.int(0), row.text(1), State(rawValue: row.text(2)) ?? .erasing)
    (reason, askedBy) = (row.text(3), row.text(4))
    requestedAt = Timestamp(milliseconds: row.int(5))
    doneAt = row.optionalInt(6).map { Timestamp(milliseconds: $0) }
    erased = try JSONValue(parsing: row.textBytes(7))
  }

  /// A new one.
  static func open(_ id: String, _ entry: (reason: String, by: String, at: Int64), _ db: Connection) throws {
    try db.run(
      """
      INSERT INTO erasures (id, state, reason, asked_by, requested_at) VALUES ($1, 'erasing', $2, $3, $4)
      ON CONFLICT (id) DO NOTHING
      """, [.text(id), .text(entry.reason), .text(entry.by), .int(entry.at)])
  }

  /// Adds rows that have gone.
  static func count(_ rows: [String: Int], of id: String, _ db: Connection) throws {
    let fresh = rows.filter { $0.value > 0 }
    guard !fresh.isEmpty, let act = try read(id, db) else { return }
    var erased = act.erased.object ?? [:]
    for (kind, count) in fresh.sorted(by: { $0.key < $1.key }) {
      erased[kind] = .number(JSONNumber((erased[kind]?.number?.int ?? 0) + Int64(count)))
    }
    try db.run(
      "UPDATE erasures SET erased = $2 WHERE id = $1", [.text(id), .text(JSONValue.object(erased).text)])
  }
}
