import Domain
import SQL

/// Who may come in, by the chain's `reenter`. The unique indexes of `runs` hold the same rules against every mistake.
struct Entries {
  enum Decision {
    case free
    case refused
    /// This run ends, and the new one begins.
    case replaces(Int64)
  }

  func decide(
    _ version: ChainVersion, contact: Int64, key: String, zone: Zone, now: Timestamp, _ db: Connection
  ) throws -> Decision {
    let runs = RunStore()
    func inside() throws -> Int64? {
      try runs.hasActive(chain: version.number, contact: contact, key: key, db)
    }
    func last() throws -> Timestamp? {
      try runs.lastEntry(chain: version.number, contact: contact, key: key, db)
    }
    switch version.chain.reenter {
    case .always: return .free
    case .never: return try last() == nil ? .free : .refused
    case .afterExit: return try inside() == nil ? .free : .refused
    case .restart: return try inside().map { .replaces($0) } ?? .free
    case .after(let span):
      guard try inside() == nil else { return .refused }
      guard let last = try last() else { return .free }
      return span.after(last, in: zone) <= now ? .free : .refused
    }
  }
}
