public import Domain
import Ingest
public import SQL
import Synchronization

/// Which events are whose: what conditions and cards read of a contact.
///
/// The table `timeline` is clustered by contact, which costs a random page a row. So the newest rows lie in the order of
/// the log in `fresh_timeline`, found by contact in memory, and are merged into the clustered table many at once, in
/// slices by contact.
///
/// Appending and merging belong to the writer's thread and mirror its transactions; `fresh` is asked from any thread.
public final class Timeline: @unchecked Sendable {
  // Unchecked: what is not behind the lock is confined to the writer's thread.

  public struct Settings: Sendable {
    /// Fresh rows, 45 to 60 bytes of memory each, from which on they are merged.
    public var rowsToMerge = 500_000
    /// Rows that one round merges.
    public var rowsPerSlice = 1_000

    public init() {}
  }

  /// A place in a contact's past.
  public struct Entry: Sendable, Equatable {
    /// event_types.id
    public let type: Int64
    public let at: Timestamp
    public let seq: Int64

    var moment: LogMoment { LogMoment(at: at, seq: seq) }
  }

  private struct Generations {
    /// Where rows are appended.
    var current = FreshRows()
    /// The one before, while it is merged: its rows may lie in the clustered table too.
    var merging: FreshRows?
  }

  /// Whose rows are somebody else's now.
  public let merged: MergedContacts
  let settings: Settings
  private let generations = Mutex(Generations())
  private var insert: Statement
  private var generation: Int
  private var lastSeq: Int64 = 0
  private var merge: TimelineMerge?
  /// Erased contacts, whose rows in memory up to a seq mean nothing any more.
  private var forgotten: [Int64: Int64] = [:]
  /// Rows of the open transaction: a merge goes on faster than they come.
  private var appended = 0
  /// Grows with whatever makes another past of any contact's. On the writer's thread.
  private(set) var changes = 0
  /// Some merged contact has rows that are still on their way.
  var hasMoves = true

  /// Reads the fresh rows: about a third of a second a million.
  public init(_ db: Connection, settings: Settings = Settings()) throws {
    self.settings = settings
    generation = db.generation
    merged = try MergedContacts(db)
    insert = try db.prepare(Self.insertSQL)
    try readTail(db)
  }

  /// What one question looks at of a contact's fresh rows, the newest: a robot's hundred thousand views must not hold up
  /// the others.
  static let rowsLookedAt = 20_000

  /// The contact's events that are not in the clustered table yet, or not long, the newest first. Who asks beside the
  /// writer reads these before the table: a row only moves from here to there.
  public func fresh(of contact: Int64, type: Int64? = nil, since: Timestamp, until: Timestamp) -> [Entry] {
    var found: [Entry] = []
    var looked = 0
    generations.withLock { generations in
      for rows in [generations.current, generations.merging].compactMap({ $0 }) {
        rows.each(of: contact) { row in
          looked += 1
          if row.at >= since.milliseconds, row.at <= until.milliseconds, type.map({ $0 == Int64(row.type) }) ?? true {
            found.append(Entry(type: Int64(row.type), at: Timestamp(milliseconds: row.at), seq: row.seq))
          }
          return looked < Self.rowsLookedAt
        }
      }
    }
    if found.count > 1 { found.sort { $0.moment > $1.moment } }
    return found
  }

  /// Rows that wait to be merged, those of a merge under way among them.
  public var freshCount: Int { generations.withLock { $0.current.count + ($0.merging?.count ?? 0) } }
}

extension Timeline {
  private static let insertSQL = "INSERT INTO fresh_timeline (seq, contact, type, at) VALUES ($1, $2, $3, $4)"

  /// Before the first row of a transaction: from here on a rollback takes memory back.
  func begin(_ db: Connection) throws {
    if db.generation != generation { try refresh(db) }
    if merge == nil { startMerge() }
    appended = 0
    changes += 1
    let (count, seq) = (generations.withLock { $0.current.count }, lastSeq)
    db.onRollback { [self] in
      generations.withLock { $0.current.truncate(to: count) }
      lastSeq = seq
      changes += 1
    }
  }

  func append(_ event: StoredEvent, of contact: Int64) throws {
    insert.bind(1, event.seq)
    insert.bind(2, contact)
    insert.bind(3, event.typeNumber)
    insert.bind(4, event.at.milliseconds)
    try insert.run()
    lastSeq = event.seq
    appended += 1
    changes += 1
    generations.withLock {
      $0.current.append(contact: contact, type: event.typeNumber, at: event.at.milliseconds, seq: event.seq)
    }
  }

  /// The contact was erased: his rows up to now are not merged any more. Deleting them, and what is merged, is the
  /// caller's, in as many rounds as it takes; what comes later is merged as ever.
  /// - Returns: the events of his fresh rows after a seq, and the seq up to which that is.
  public func forget(_ contact: Int64, after seq: Int64, _ db: Connection) -> (seqs: [Int64], through: Int64) {
    var seqs: [Int64] = []
    generations.withLock { generations in
      for rows in [generations.current, generations.merging].compactMap({ $0 }) {
        rows.each(of: contact) { row in
          if row.seq > seq { seqs.append(row.seq) }
          return true
        }
      }
    }
    changes += 1
    let before = forgotten.updateValue(lastSeq, forKey: contact)
    db.onRollback { [self] in forgotten[contact] = before }
    return (seqs, lastSeq)
  }

  /// A row that was forgotten goes from the file.
  public static func deleteFresh(_ seq: Int64, _ db: Connection) throws {
    try db.run("DELETE FROM fresh_timeline WHERE seq = $1", [.int(seq)])
  }

  /// Everything appended so far is committed: it becomes the generation that is merged.
  private func startMerge() {
    let rows: [FreshRows.Row]? = generations.withLock { generations in
      guard generations.merging == nil, generations.current.count >= settings.rowsToMerge else { return nil }
      generations.merging = generations.current
      generations.current = FreshRows()
      return generations.merging?.rows
    }
    merge = rows.map { TimelineMerge($0) }
  }

  /// Merges a slice.
  /// - Returns: whether there is more to merge.
  func mergeSlice(_ db: Connection) throws -> Bool {
    guard var merge else { return false }
    let before = merge
    db.onRollback { [self] in self.merge = before }
    try merge.slice(of: max(settings.rowsPerSlice, 2 * appended), besides: forgotten, merged, db)
    self.merge = merge
    if merge.isDone {
      db.onCommit { [self] in
        self.merge = nil
        generations.withLock { $0.merging = nil }
      }
    }
    return true
  }

  /// The rows in memory of one contact become another's; those in the file are asked whose they are when they are read.
  func mergeFresh(_ contact: Int64, into survivor: Int64, _ db: Connection) {
    changes += 1
    let before = generations.withLock { generations in
      let before = (generations.current.parts, generations.merging?.parts)
      generations.current.merge(contact, into: survivor)
      generations.merging?.merge(contact, into: survivor)
      return before
    }
    db.onRollback { [self] in
      generations.withLock { generations in
        generations.current.restore(parts: before.0)
        if let parts = before.1 { generations.merging?.restore(parts: parts) }
      }
    }
  }

  /// After the connection was opened anew: a commit that failed may have reached the disk all the same.
  private func refresh(_ db: Connection) throws {
    insert = try db.prepare(Self.insertSQL)
    try readTail(db)
    generation = db.generation
  }

  private func readTail(_ db: Connection) throws {
    let sql = "SELECT seq, contact, type, at FROM fresh_timeline WHERE seq > $1 ORDER BY seq"
    try generations.withLock { generations in
      try db.each(sql, [.int(lastSeq)]) { row in
        lastSeq = row.int(0)
        let contact = try merged.survivor(of: row.int(1), db)
        generations.current.append(contact: contact, type: row.int(2), at: row.int(3), seq: lastSeq)
        return true
      }
    }
  }
}
