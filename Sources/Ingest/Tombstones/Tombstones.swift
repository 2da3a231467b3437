internal import Crypto
public import Domain
public import SQL
internal import Synchronization

/// Who was erased and must not come back by himself: hashes of his keys, rows of `tombstones` mirrored in memory. While
/// there is none, nobody pays anything.
///
/// Asked from any thread; changed on the writer's, inside its transactions.
public final class Tombstones: Sendable {
  private struct State {
    var hashes: Set<KeyHash> = []
    /// Some address is suppressed by its hash.
    var suppresses = false
  }

  /// What becomes of somebody's keys.
  public enum Verdict: Sendable, Equatable {
    /// None was erased.
    case passes
    /// The strongest key is good, weaker ones were erased: they must not be stored.
    case without(ContactKeys)
    /// The strongest key was erased: whatever it is about, it is about him.
    case erased
  }

  private let key: SymmetricKey
  private let state = Mutex(State())
  private let count = Atomic(0)
  private let changes = Atomic(0)
  private let doubtful = Atomic(Int64(0))

  /// - Parameter secret: the folder's, at least 16 bytes; the same as long as there are tombstones.
  public init(secret: [UInt8] = [UInt8](repeating: 0, count: 32)) { key = SymmetricKey(data: secret) }

  /// Once, before the first question.
  public func load(_ db: Connection) throws {
    let hashes = try db.query("SELECT hash FROM tombstones") { KeyHash(bytes: $0.blob(0)) }.compactMap { $0 }
    let suppresses = try db.first("SELECT 1 FROM suppressed_hashes LIMIT 1", []) { _ in true } ?? false
    set { $0 = State(hashes: Set(hashes), suppresses: suppresses) }
    try doubt(db)
  }

  /// Events up to there may name somebody who was erased after they had been accepted.
  public var doubtfulThrough: Int64 { doubtful.load(ordering: .acquiring) }

  private func doubt(_ db: Connection) throws {
    let last = try db.first("SELECT seq FROM events ORDER BY seq DESC LIMIT 1", []) { $0.int(0) } ?? 0
    doubtful.store(max(last, doubtfulThrough), ordering: .releasing)
  }

  public var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

  /// Another number after each change.
  public var version: Int { changes.load(ordering: .acquiring) }

  public func hash(_ kind: KeyHash.Kind, _ value: String) -> KeyHash { KeyHash(kind, value, key) }

  /// The hash of each key that is there, the strongest first.
  public func hashes(_ keys: ContactKeys) -> [KeyHash] {
    let pairs: [(KeyHash.Kind, String?)] = [
      (.id, keys.id), (.email, keys.email), (.phone, keys.phone), (.anonymousID, keys.anonymousID),
    ]
    return pairs.compactMap { kind, value in value.map { hash(kind, $0) } }
  }

  public func contains(_ hash: KeyHash) -> Bool { !isEmpty && state.withLock { $0.hashes.contains(hash) } }

  /// Cost: nothing while nobody was erased, else a microsecond or two a key.
  public func judge(_ keys: ContactKeys) -> Verdict {
    if isEmpty { return .passes }
    var left = keys
    func isErased(_ kind: KeyHash.Kind, _ value: String?) -> Bool { value.map { contains(hash(kind, $0)) } ?? false }
    if isErased(.id, keys.id) { return .erased }
    if isErased(.email, keys.email) {
      if left.id == nil { return .erased }
      left.email = nil
    }
    if isErased(.phone, keys.phone) {
      if left.id == nil, left.email == nil { return .erased }
      left.phone = nil
    }
    if isErased(.anonymousID, keys.anonymousID) {
      left.anonymousID = nil
      if left.isEmpty { return .erased }
    }
    return left == keys ? .passes : .without(left)
  }
}

extension Tombstones {
  /// From here on nobody comes in by these keys.
  public func bury(_ hashes: [KeyHash], erasure: String, _ db: Connection) throws {
    let fresh = try hashes.filter { hash in
      try db.run(
        "INSERT INTO tombstones (hash, erasure) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
        [.blob(hash.bytes), .text(erasure)]) == 1
    }
    try doubt(db)
    set { $0.hashes.formUnion(fresh) }
    db.onRollback { [self] in set { $0.hashes.subtract(fresh) } }
  }

  /// The erasures that these keys were buried by.
  public func erasures(of hashes: [KeyHash], _ db: Connection) throws -> [String] {
    try hashes.compactMap { hash in
      try db.first("SELECT erasure FROM tombstones WHERE hash = $1", [.blob(hash.bytes)]) { $0.text(0) }
    }
  }

  /// Whoever was erased then may come in again, by any of his keys.
  public func raise(erasure: String, _ db: Connection) throws {
    let hashes = try db.query("SELECT hash FROM tombstones WHERE erasure = $1", [.text(erasure)]) {
      KeyHash(bytes: $0.blob(0))
    }.compactMap { $0 }
    try db.run("DELETE FROM tombstones WHERE erasure = $1", [.text(erasure)])
    set { $0.hashes.subtract(hashes) }
    db.onRollback { [self] in set { $0.hashes.formUnion(hashes) } }
  }

  private func set(_ change: (inout State) -> Void) {
    let left = state.withLock { state in
      change(&state)
      return state.hashes.count
    }
    count.store(left, ordering: .releasing)
    changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
  }
}

extension Tombstones {
  /// Whether the contact was erased, and his rows are still going. Cost: nothing while nobody was erased.
  public func isLeaving(_ contact: Int64, _ db: Connection) throws -> Bool {
    if isEmpty { return false }
    return try db.first("SELECT 1 FROM erased_contacts WHERE contact = $1", [.int(contact)]) { _ in true } ?? false
  }
}

/// Suppressions outlive the person, but not by his address.
extension Tombstones {
  /// What was said of the address stays said of its hash.
  public func suppressByHash(_ address: String, _ db: Connection) throws {
    let hash = SQLValue.blob(hash(.address, address).bytes)
    let moved = try db.run(
      """
      INSERT INTO suppressed_hashes (hash, channel, purpose, reason, at)
      SELECT $1, channel, purpose, CASE WHEN reason = 'unsubscribed' THEN reason ELSE 'kept' END, at
      FROM suppressions WHERE address = $2
      ON CONFLICT (hash, channel, purpose) DO NOTHING
      """, [hash, .text(address)])
    try db.run("DELETE FROM suppressions WHERE address = $1", [.text(address)])
    if moved > 0 { set { $0.suppresses = true } }
  }

  /// Whether a message to this address must not leave. Cost: nothing while no address is suppressed by its hash.
  public func suppresses(_ address: String, channel: String, purpose: Purpose, _ db: Connection) throws -> Bool {
    guard state.withLock({ $0.suppresses }) else { return false }
    let sql = """
      SELECT 1 FROM suppressed_hashes WHERE hash = $1 AND channel IN ('', $2) AND purpose IN ('all', $3) LIMIT 1
      """
    let hash = hash(.address, address)
    return try db.first(sql, [.blob(hash.bytes), .text(channel), .text(purpose.rawValue)]) { _ in true } ?? false
  }

  /// - Parameters:
  ///   - channel: nil takes away what was said of every channel, not what was said of one.
  ///   - reach: nil takes away either.
  ///   - reason: nil takes away what was said for whatever reason.
  /// - Returns: how many were there.
  @discardableResult
  public func liftSuppression(
    of address: String, channel: String? = nil, reach: String? = nil, reason: String? = nil, _ db: Connection
  ) throws -> Int {
    guard state.withLock({ $0.suppresses }) else { return 0 }
    let sql = """
      DELETE FROM suppressed_hashes WHERE hash = $1 AND channel = $2 AND ($3 IS NULL OR purpose = $3)
        AND ($4 IS NULL OR reason = $4)
      """
    return try db.run(
      sql, [.blob(hash(.address, address).bytes), .text(channel ?? ""), .optional(reach), .optional(reason)])
  }
}
