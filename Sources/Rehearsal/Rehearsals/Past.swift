public import Domain
public import SQL

/// A way to read the file of a running server. Each call is one view of it and must be short: a log that a reader holds
/// cannot be written anew.
public protocol Past {
  func read<T: Sendable>(_ job: @escaping @Sendable (Connection) throws -> T) throws -> T
}

extension Readers: Past {}

/// What of the past is rehearsed: a chain with the events that were accepted from one moment through another.
public struct RehearsalWish: Sendable {
  /// chains.number and chains.id
  public let number: Int64
  public let chain: String
  /// What is rehearsed: a draft, or what lives.
  public let document: String
  public let from: Timestamp
  public let to: Timestamp

  public init(number: Int64, chain: String, document: String, from: Timestamp, to: Timestamp) {
    (self.number, self.chain, self.document, self.from, self.to) = (number, chain, document, from, to)
  }
}

/// The part of the log that is rehearsed, by events.seq.
struct PastSpan: Sendable {
  /// Of the last event accepted before it begins; 0: there is none.
  let before: Int64
  /// Of the last event in it; less than `before` + 1 when there is none.
  let last: Int64
  /// When the oldest event that is still there was accepted.
  let oldest: Timestamp?

  /// Acceptance only rises: halving finds both ends.
  static func find(from: Timestamp, to: Timestamp, _ db: Connection) throws -> PastSpan {
    let oldest = try db.first("SELECT accepted_at FROM events ORDER BY seq LIMIT 1", []) {
      Timestamp(milliseconds: $0.int(0))
    }
    return PastSpan(
      before: try lastSeq(acceptedBefore: from.milliseconds, db),
      last: try lastSeq(acceptedBefore: to.milliseconds + 1, db), oldest: oldest)
  }

  private static func lastSeq(acceptedBefore moment: Int64, _ db: Connection) throws -> Int64 {
    func event(through seq: Int64) throws -> (seq: Int64, acceptedAt: Int64)? {
      try db.first("SELECT seq, accepted_at FROM events WHERE seq <= $1 ORDER BY seq DESC LIMIT 1", [.int(seq)]) {
        ($0.int(0), $0.int(1))
      }
    }
    guard let last = try event(through: .max) else { return 0 }
    // The answer lies in low ... high.
    var (low, high) = (Int64(0), last.seq)
    while low < high {
      let middle = low + (high - low + 1) / 2
      guard let found = try event(through: middle), found.acceptedAt >= moment else {
        low = middle
        continue
      }
      high = found.seq - 1
    }
    return try event(through: low)?.seq ?? 0
  }
}
