public import SQL
import Synchronization

/// Which contacts were merged into which. What still names one of them, an event that was in the log before or a message
/// that was at hand, is about the survivor.
///
/// A bit for each contact says who may be merged, so that asking costs nothing for all the others; bits of a transaction
/// that was lost stay, and the table has the last word. From any thread.
public final class MergedContacts: Sendable {
  private let bits = Mutex<[UInt64]>([])

  /// Reads all that were ever merged: about a tenth of a second a million.
  init(_ db: Connection) throws {
    try db.each("SELECT contact FROM merged_contacts ORDER BY contact DESC", []) { row in
      mark(row.int(0))
      return true
    }
  }

  private static let survivor = Query("SELECT survivor FROM merged_contacts WHERE contact = $1")

  /// The contact himself, unless he was merged.
  public func survivor(of contact: Int64, _ db: Connection) throws -> Int64 {
    guard mayBeMerged(contact) else { return contact }
    return try db.first(Self.survivor, { $0.bind(1, contact) }) { $0.int(0) } ?? contact
  }

  public func mayBeMerged(_ contact: Int64) -> Bool {
    bits.withLock { bits in
      guard contact > 0, contact / 64 < bits.count else { return false }
      return bits[Int(contact / 64)] >> UInt64(contact % 64) & 1 == 1
    }
  }

  /// Whoever was merged into `contact` follows to `survivor`.
  func record(_ contact: Int64, into survivor: Int64, at now: Int64, hasRest: Bool, _ db: Connection) throws {
    try db.run("UPDATE merged_contacts SET survivor = $2 WHERE survivor = $1", [.int(contact), .int(survivor)])
    try db.run(
      "INSERT INTO merged_contacts (contact, survivor, at, rest) VALUES ($1, $2, $3, $4)",
      [.int(contact), .int(survivor), .int(now), .int(hasRest ? 1 : 0)])
    mark(contact)
  }

  private func mark(_ contact: Int64) {
    guard contact > 0 else { return }
    let place = Int(contact / 64)
    bits.withLock { bits in
      if place >= bits.count {
        bits.reserveCapacity(max(place + 1, bits.count * 2))
        bits += Array(repeating: 0, count: place + 1 - bits.count)
      }
      bits[place] |= 1 << UInt64(contact % 64)
    }
  }
}
