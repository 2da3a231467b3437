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

  /// - Parameter seq: runs begun by events before it count.
  func isTooOften(
    chain: Int64, contact: Int64, key: String, before seq: Int64 = .max, now: Timestamp, _ db: Connection
  ) throws -> Bool {
    // The server's own events know their contact from the start.
    let sql = """
      SELECT 1 FROM runs JOIN events ON events.seq = runs.entry_seq
      WHERE runs.contact = $1 AND chain = $2 AND key = $3 AND entry_seq < $5 AND entered_at > $6
        AND events.contact IS NOT NULL
      LIMIT 1 OFFSET $4
      """
    let parameters: [SQLValue] = [
      .int(contact), .int(chain), .text(key), .int(Self.ownEntriesADay - 1), .int(seq),
      .int(now.milliseconds - LocalTime.millisecondsPerDay),
    ]
    return try db.first(sql, parameters) { _ in true } ?? false
  }

  func decide(
    _ version: ChainVersion, contact: Int64, key: String, zone: Zone, now: Timestamp, _ db: Connection
  ) throws -> Decision {
    let runs = RunStore()
    return try Self.decide(
      version.chain.reenter, inside: { try runs.inside(chain: version.number, contact: contact, key: key, db) },
      last: { try runs.lastEntry(chain: version.number, contact: contact, key: key, db) }, zone: zone, now: now)
  }

  /// - Parameters:
  ///   - inside: the contact's runs of that key that are active.
  ///   - last: when the newest of all of them began.
  static func decide(
    _ reenter: Reenter, inside: () throws -> [Int64], last: () throws -> Timestamp?, zone: Zone, now: Timestamp
  ) rethrows -> Decision {
    switch reenter {
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
