import Engine
import SQL

/// What the server keeps there.
extension Facts {
  static let instance = "instance"
  static let signingSecret = "signing_secret"
  static let testClock = "test_clock"
}

/// Who this server is: made once, at the first start of a data folder, out of chance.
struct Identity {
  static let secretBytes = 32

  /// For people and logs.
  let instance: String
  /// Signs links in messages; whoever has it can forge clicks.
  let signingSecret: [UInt8]
  let isNew: Bool

  /// Inside a transaction.
  static func load(_ db: Connection) throws -> Identity {
    if let instance = try Facts.read(Facts.instance, db), let hex = try Facts.read(Facts.signingSecret, db),
      let secret = bytes(hex: hex), secret.count >= secretBytes
    {
      return Identity(instance: instance, signingSecret: secret, isNew: false)
    }
    guard try Facts.read(Facts.instance, db) == nil else {
      throw StoreRefusal("the database has no readable signing secret; restore it from a backup")
    }
    let identity = Identity(instance: Chance.hex(8), signingSecret: Chance.bytes(secretBytes), isNew: true)
    try Facts.write(Facts.instance, identity.instance, db)
    try Facts.write(Facts.signingSecret, Fingerprint.hex(identity.signingSecret), db)
    return identity
  }

  private static func bytes(hex: String) -> [UInt8]? {
    let digits = hex.utf8.map { UInt8(ascii: "0") <= $0 && $0 <= UInt8(ascii: "9") ? $0 - 48 : $0 &- 87 }
    guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 < 16 }) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
