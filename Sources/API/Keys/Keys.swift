import Crypto
public import Domain
import JSON
public import SQL
import Synchronization

/// The keys in force: rows of `api_keys`, mirrored in memory so that no request asks the file who is calling.
///
/// A key is found by the first eight bytes of its SHA-256, then the whole digest is compared in constant time. How long
/// the look-up takes may tell something of those eight bytes, and so nothing of any key: who could choose a text by its
/// hash would have broken SHA-256.
public final class Keys: Sendable {
  private struct Mirror: Sendable {
    var byHash: [UInt64: [KeyInForce]] = [:]
    var byID: [String: KeyInForce] = [:]
  }

  private let mirror = Mutex(Mirror())
  /// The key of configuration: never stored, without bounds.
  private let admin: KeyInForce?

  static let adminID = "admin"
  /// What memory holds is bounded, and so is the list.
  static let most = 10_000
  /// A longer text is no key, whatever brings it.
  public static let maxSecretBytes = 512

  /// - Parameter adminKey: the key of configuration, never stored; nil: there is none beside the stored ones.
  public init(adminKey: String?) {
    admin = adminKey.map { text in
      let key = APIKey(
        id: Self.adminID, name: Self.adminID, scopes: [.admin], createdAt: Timestamp(milliseconds: 0))
      return KeyInForce(key, hash: Array(KeySecret.hash(text)))
    }
  }

  /// Once, before the first request.
  public func load(_ db: Connection) throws {
    let rows = try db.query("SELECT \(KeyRow.columns), hash FROM api_keys") {
      (KeyRow.key($0), $0.text(KeyRow.count))
    }
    for (key, hash) in rows { if let hash = Base64URL.decode(hash) { insert(KeyInForce(key, hash: hash), hash) } }
  }

  /// Nil unless the header is `Bearer` and a key in force. Cost: one SHA-256.
  func key(authorization header: String?, now: Int64) -> KeyInForce? {
    guard let text = Self.bearer(header) else { return nil }
    let digest = KeySecret.hash(text)
    if let admin, admin.isMade(of: digest) { return admin }
    let candidates = mirror.withLock { $0.byHash[Self.bucket(digest)] } ?? []
    guard let key = candidates.first(where: { $0.isMade(of: digest) }), !key.isExpired(at: now) else { return nil }
    return key
  }

  /// What the header brings, if it can be a key.
  static func bearer(_ header: String?) -> Substring? {
    guard let header, let space = header.firstIndex(of: " "), header[..<space].lowercased() == "bearer" else {
      return nil
    }
    let text = header[header.index(after: space)...].drop { $0 == " " }
    return text.isEmpty || text.utf8.count > maxSecretBytes ? nil : text
  }

  /// - Returns: the key as it is kept; in force once `db` has committed.
  @discardableResult
  public func create(_ draft: KeyDraft, secret: KeySecret, now: Timestamp, _ db: Connection) throws -> APIKey {
    let count = try db.first("SELECT count(*) FROM api_keys") { $0.int(0) } ?? 0
    guard count < Self.most else {
      throw Problem.conflict("there are \(Self.most) keys, and no more are taken: revoke some first")
    }
    let hash = secret.hash
    var key = APIKey(id: Self.id(of: hash), name: draft.name, scopes: draft.scopes, createdAt: now)
    (key.rate, key.expiresAt) = (draft.rate, draft.expiresAt)
    try KeyRow.insert(key, hash: Base64URL.encode(hash), db)
    let entry = KeyInForce(key, hash: hash)
    db.onCommit { [self] in insert(entry, hash) }
    return key
  }

  /// Whether it was there. Out of force once `db` has committed.
  public func revoke(_ id: String, _ db: Connection) throws -> Bool {
    guard try db.run("DELETE FROM api_keys WHERE id = $1", [.text(id)]) > 0 else { return false }
    db.onCommit { [self] in remove(id) }
    return true
  }

  /// With the latest use of each, which the file learns a minute later.
  func page(after id: String, limit: Int, _ db: Connection) throws -> [APIKey] {
    let keys = try db.query(
      "SELECT \(KeyRow.columns) FROM api_keys WHERE id > $1 ORDER BY id LIMIT $2", [.text(id), .int(limit)],
      KeyRow.key)
    return mirror.withLock { mirror in
      keys.map { stored in
        var key = stored
        if let last = mirror.byID[key.id]?.lastUsedAt { key.lastUsedAt = Timestamp(milliseconds: last) }
        return key
      }
    }
  }

  /// There is a stored key that may do everything.
  public func hasAdmin(now: Int64, _ db: Connection) throws -> Bool {
    try db.query("SELECT \(KeyRow.columns) FROM api_keys", [], KeyRow.key).contains { key in
      key.scopes.contains(.admin) && key.expiresAt.map { $0.milliseconds > now } ?? true
    }
  }

  private func insert(_ key: KeyInForce, _ hash: [UInt8]) {
    mirror.withLock { mirror in
      mirror.byHash[Self.bucket(hash), default: []].append(key)
      mirror.byID[key.caller.keyID] = key
    }
  }

  private func remove(_ id: String) {
    mirror.withLock { mirror in
      mirror.byID[id] = nil
      for (bucket, list) in mirror.byHash where list.contains(where: { $0.caller.keyID == id }) {
        let rest = list.filter { $0.caller.keyID != id }
        mirror.byHash[bucket] = rest.isEmpty ? nil : rest
      }
    }
  }

  private static func bucket(_ hash: some Sequence<UInt8>) -> UInt64 {
    hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Ten hexadecimal digits of the hash: short for people, and it says nothing of the secret.
  private static func id(of hash: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return "k" + hash.suffix(5).map { String([digits[Int($0 >> 4)], digits[Int($0 & 15)]]) }.joined()
  }
}
