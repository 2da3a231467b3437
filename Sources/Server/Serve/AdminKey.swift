import API
import Domain
import JSON
import SQL

/// The first key, with which all others are made.
enum AdminKey {
  static let variable = "ZVENO_ADMIN_KEY"
  static let bytes = 16...Keys.maxSecretBytes

  /// Inside a transaction. A file that has no key for everything gets one, unless the environment brings its own,
  /// which is never stored.
  /// - Returns: the keys, and the text of one that was made just now, to be shown this once.
  static func settle(given: String?, now: Int64, _ db: Connection) throws -> (keys: Keys, made: String?) {
    let keys = Keys(adminKey: given)
    try keys.load(db)
    guard given == nil, try !keys.hasAdmin(now: now, db) else { return (keys, nil) }
    let secret = KeySecret(random: Chance.bytes(KeySecret.randomBytes))
    let draft = KeyDraft(name: "admin", scopes: [.admin])
    let key = try keys.create(draft, secret: secret, now: Timestamp(milliseconds: now), db)
    try AuditTrail().note("serve: the first admin key", object: ["id": .string(key.id)], now: now, db)
    return (keys, secret.text)
  }
}
