import Domain
import Engine
import SQL

/// Remembers in the file that channels had more to hand over than they took: whoever starts next can tell what waited for
/// its turn from what a sleeping server has missed.
struct Backlog {
  private static let fact = "delivery.backlog_at"
  /// Well below the minute from which on a message is late.
  private static let everyMilliseconds: Int64 = 10_000

  private var notedAt: Int64?

  /// Inside a transaction; writes once in ten seconds.
  mutating func note(at now: Int64, _ db: Connection) throws {
    if let notedAt, now >= notedAt, now - notedAt < Self.everyMilliseconds { return }
    try Facts.write(Self.fact, String(now), db)
    notedAt = now
  }

  /// Nil: never.
  static func seenAt(_ db: Connection) throws -> Timestamp? {
    try Facts.read(fact, db).flatMap { Int64($0) }.map { Timestamp(milliseconds: $0) }
  }
}
