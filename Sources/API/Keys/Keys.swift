public import Domain
import JSON
public import SQL
import Synchronization

/// The keys in force: rows of `api_keys`, mirrored in memory so that no request asks the file who is calling.
public final class Keys: Sendable {
  private struct Entry: Sendable {
    let hash: [UInt8]
    let caller: Caller
  }

  /// By the first eight bytes of the hash; the whole of it is compared in constant time.
  private let entries = Mutex<[UInt64: [Entry]]>([:])
  private let adminHash: [UInt8]?

  static let adminID = "admin"

  /// - Parameter adminKey: the key of configuration, never stored; nil: there is none beside the stored ones.
  public init(adminKey: String?) {
    adminHash = adminKey.map { KeySecret.hash($0) }
  }

  /// Once, before the first request.
  public func load(_ db: Connection) throws {
    let rows = try db.query("SELECT id, hash, scopes FROM api_keys") { ($0.text(0), $0.text(1), $0.text(2)) }
    for (id, hash, scopes) in rows {
      guard let hash = Base64URL.decode(hash) else { continue }
      insert(Entry(hash: hash, caller: Caller(keyID: id, scopes: Self.scopes(scopes))))
    }
  }

  /// Nil unless the header is `Bearer` and a key in force. Cost: one SHA-256.
  func caller(authorization header: String?) -> Caller? {
    guard let header, let space = header.firstIndex(of: " "), header[..<space].lowercased() == "bearer" else {
      return nil
    }
    let key = header[header.index(after: space)...].drop { $0 == " " }
    guard !key.isEmpty, key.utf8.count <= 512 else { return nil }
    return caller(hash: KeySecret.hash(key))
  }

  private func caller(hash: [UInt8]) -> Caller? {
    if let adminHash, KeySecret.equal(hash, adminHash) { return Caller(keyID: Self.adminID, scopes: [.admin]) }
    let candidates = entries.withLock { $0[Self.bucket(hash)] } ?? []
    return candidates.first { KeySecret.equal($0.hash, hash) }?.caller
  }

  /// - Returns: the key as it is kept; in force once `db` has committed.
  @discardableResult
  public func create(
    name: String, scopes: Set<Scope>, secret: KeySecret, now: Timestamp, _ db: Connection
  ) throws -> APIKey {
    let hash = secret.hash
    let key = APIKey(id: Self.id(of: hash), name: name, scopes: scopes, createdAt: now)
    try db.run(
      "INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES ($1, $2, $3, $4, $5)",
      [
        .text(key.id), .text(name), .text(Base64URL.encode(hash)), .text(APIKey.json(scopes).text),
        .int(now.milliseconds),
      ])
    let entry = Entry(hash: hash, caller: Caller(keyID: key.id, scopes: scopes))
    db.onCommit { [self] in insert(entry) }
    return key
  }

  /// Whether it was there. Out of force once `db` has committed.
  public func revoke(_ id: String, _ db: Connection) throws -> Bool {
    guard try db.run("DELETE FROM api_keys WHERE id = $1", [.text(id)]) > 0 else { return false }
    db.onCommit { [self] in remove(id) }
    return true
  }

  func page(after id: String, limit: Int, _ db: Connection) throws -> [APIKey] {
    try db.query(
      "SELECT id, name, scopes, created_at FROM api_keys WHERE id > $1 ORDER BY id LIMIT $2", [.text(id), .int(limit)]
    ) { row in
      APIKey(
        id: row.text(0), name: row.text(1), scopes: Self.scopes(row.text(2)),
        createdAt: Timestamp(milliseconds: row.int(3)))
    }
  }

  /// There is a stored key that may do everything.
  public func hasAdmin(_ db: Connection) throws -> Bool {
    try db.query("SELECT scopes FROM api_keys") { Self.scopes($0.text(0)) }.contains { $0.contains(.admin) }
  }

  private func insert(_ entry: Entry) {
    entries.withLock { $0[Self.bucket(entry.hash), default: []].append(entry) }
  }

  private func remove(_ id: String) {
    entries.withLock { entries in
      for (bucket, list) in entries where list.contains(where: { $0.caller.keyID == id }) {
        entries[bucket] = list.filter { $0.caller.keyID != id }
      }
    }
  }

  private static func bucket(_ hash: [UInt8]) -> UInt64 { hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

  /// Ten hexadecimal digits of the hash: short for people, and it says nothing of the secret.
  private static func id(of hash: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return "k" + hash.suffix(5).map { String([digits[Int($0 >> 4)], digits[Int($0 & 15)]]) }.joined()
  }

  private static func scopes(_ text: String) -> Set<Scope> {
    Set((try? JSONValue(parsing: text).array)?.compactMap { $0.string.flatMap(Scope.init) } ?? [])
  }
}
