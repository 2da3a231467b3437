import Crypto
import SQL

/// The first key, with which all others are made.
enum AdminKey {
  static let variable = "ZVENO_ADMIN_KEY"
  static let leastBytes = 16
  private static let id = "admin"

  /// Inside a transaction. The key from the environment takes the place of what stood here; without one, a file that
  /// has no key yet gets one.
  /// - Returns: a key that was made just now, to be shown this once.
  static func settle(_ given: String?, now: Int64, _ db: Connection) throws -> String? {
    if let given {
      try store(given, now: now, db)
      return nil
    }
    let any = try db.first("SELECT 1 FROM api_keys LIMIT 1") { $0.int(0) }
    guard any == nil else { return nil }
    let made = "zv_" + Chance.hex(24)
    try store(made, now: now, db)
    return made
  }

  private static func store(_ key: String, now: Int64, _ db: Connection) throws {
    let hash = Fingerprint.hex(Array(SHA256.hash(data: Array(key.utf8))))
    try db.run(
      """
      INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (id) DO UPDATE SET hash = excluded.hash
      """, [.text(id), "admin", .text(hash), "[\"admin\"]", .int(now)])
  }
}
