import Crypto
import Domain
import Synchronization

/// A key as memory mirrors it: what a request is compared with, and what becomes of it between two writes.
final class KeyInForce: Sendable {
  let caller: Caller
  private let hash: [UInt8]
  private let expiresAt: Int64?
  let bucket: TokenBucket?
  private let used: Atomic<Int64>
  private let noted: Atomic<Int64>

  /// Between two writes of `last_used_at`: what a crash may forget.
  static let millisecondsBetweenNotes: Int64 = 60_000

  init(_ key: APIKey, hash: [UInt8]) {
    caller = Caller(keyID: key.id, scopes: key.scopes)
    self.hash = hash
    expiresAt = key.expiresAt?.milliseconds
    bucket = key.rate.map { TokenBucket($0) }
    let last = key.lastUsedAt?.milliseconds ?? .min / 2
    used = Atomic(last)
    noted = Atomic(last)
  }

  /// The library's comparison takes as long whatever differs.
  func isMade(of digest: SHA256Digest) -> Bool { digest == hash }

  func isExpired(at now: Int64) -> Bool { expiresAt.map { now >= $0 } ?? false }

  /// Milliseconds; nil: never.
  var lastUsedAt: Int64? {
    let last = used.load(ordering: .relaxed)
    return last < 0 ? nil : last
  }

  /// Whether the file is to be told.
  func use(at now: Int64) -> Bool {
    used.store(now, ordering: .relaxed)
    let last = noted.load(ordering: .relaxed)
    guard now - last >= Self.millisecondsBetweenNotes else { return false }
    return noted.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
  }
}
