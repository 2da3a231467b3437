import Domain
import SQL

/// Who may come in, by the chain's `reenter`. The unique indexes of `runs` hold the same rules against every mistake.
struct Entries {
  enum Decision {
    case free
    case refused
    /// These runs end, and the new one begins.
    case replaces([Int64])
  }

  /// Entries by the server's own events that one contact may have in a day. Two chains that lead to each other would
  /// otherwise go on without end.
  static let ownEntriesADay = 24

  func isTooOften(_ version: ChainVersion, contact: Int64, key: String, now: Timestamp, _ db: Connection) throws -> Bool
  {
    let sql = """
      SELECT entered_at FROM runs WHERE contact = $1 AND chain = $2 AND key = $3 ORDER BY id DESC LIMIT 1 OFFSET $4
      """
    let parameters: [SQLValue] = [
      .int(contact), .int(version.number), .text(key), .int(Self.ownEntriesADay - 1),
    ]
    let earlier = try db.first(sql, parameters) { Timestamp(milliseconds: $0.int(0)) }
    return earlier.map { now - $0 < LocalTime.millisecondsPerDay } ?? false
  }

  func decide(
    _ version: ChainVersion, contact: Int64, key: String, zone: Zone, now: Timestamp, _ db: Connection
  ) throws -> Decision {
    let runs = RunStore()
    func inside() throws -> [Int64] {
      try runs.inside(chain: version.number, contact: contact, key: key, db)
    }
    func last() throws -> Timestamp? {
      try runs.lastEntry(chain: version.number, contact: contact, key: key, db)
    }
    switch version.chain.reenter {
    case .always: return .free
    case .never: return try last() == nil ? .free : .refused
    case .afterExit: return try inside().isEmpty ? .free : .refused
    case .restart: return .replaces(try inside())
    case .after(let span):
      guard try inside().isEmpty else { return .refused }
      guard let last = try last() else { return .free }
      return span.after(last, in: zone) <= now ? .free : .refused
    }
  }
}
