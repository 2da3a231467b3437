// Erasure is beside the walk: a person comes in by one of his keys, and everything that is kept of him goes, from every
// stage's tables and from the file's free space; a hash of his keys stays, so that he does not come back by himself. It
// must not know HTTP, nor where the journal lies.

public import Domain
public import Engine
public import Ingest
import JSON
public import SQL
import Synchronization

/// The duty that erases, a slice a round, and the calls that begin it.
public final class Erasures: Duty, @unchecked Sendable {
  // Unchecked: everything but `tombstones` and `act` belongs to the writer's thread.

  public struct Setup {
    public var log: EventLog
    public var timeline: Timeline
    public var counters: Counters
    public var tombstones: Tombstones
    public var journal: any ErasureJournal
    /// Nothing acts: what waits in the log is not waited for.
    public var isHeld: () -> Bool
    /// Overwrites the file's free space; see `Writer.scrub`.
    public var scrub: (_ then: @escaping @Sendable (Result<Int, any Error>) -> Void) -> Void
    /// Whether no other file of the folder holds copies of rows: no backup or rehearsal is being made.
    public var isAlone: () -> Bool
    /// The writer has something to do.
    public var wake: @Sendable () -> Void
    public var report: (String) -> Void

    public init(
      log: EventLog, timeline: Timeline, counters: Counters, tombstones: Tombstones, journal: any ErasureJournal,
      isHeld: @escaping () -> Bool = { false },
      scrub: @escaping (_ then: @escaping @Sendable (Result<Int, any Error>) -> Void) -> Void,
      isAlone: @escaping () -> Bool = { true }, wake: @escaping @Sendable () -> Void = {},
      report: @escaping (String) -> Void = { _ in }
    ) {
      (self.log, self.timeline, self.counters, self.tombstones) = (log, timeline, counters, tombstones)
      (self.journal, self.isHeld, self.scrub, self.isAlone) = (journal, isHeld, scrub, isAlone)
      (self.wake, self.report) = (wake, report)
    }
  }

  /// Rows of each kind that go in a round.
  static let slice = 200
  /// Until something that it waits for is looked at again.
  private static let pauseMilliseconds: Int64 = 200
  /// Between two tries to delete rows without content, and after a scrub that failed.
  private static let longPauseMilliseconds: Int64 = 60_000
  /// How many of the journal's entries this file knows.
  public static let journalFact = "erasures.journal"

  private let setup: Setup
  /// Nobody is asked about the file while there is nothing to erase.
  private var hasWork = true
  private let leaving: Leaving
  /// Of the contact at hand, the events that are not merged into the timeline yet, and up to which seq they are known.
  private var fresh: (contact: Int64, seqs: [Int64], through: Int64)?
  /// Erasures of which a scrub is under way, and how it ended.
  private var cleaning: [String] = []
  private var mustScrub = false
  private let scrubbed = ScrubResult()
  private var triesHusksAt: Int64 = .min
  private var scrubsAgainAt: Int64 = .min

  public var tombstones: Tombstones { setup.tombstones }

  public init(_ setup: Setup) {
    self.setup = setup
    leaving = Leaving(counters: setup.counters, tombstones: setup.tombstones)
  }

  public func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    if hasWork {
      if let (contact, erasure, seq) = try next(db) { return try goOn(contact, erasure, seq, now, db) }
      try beginCleaning(db)
      if let pause = try clean(now, db) { return pause > 0 ? .idle(until: now + pause) : .more }
      hasWork = false
    }
    if now >= triesHusksAt || triesHusksAt > now + Self.longPauseMilliseconds { try dropHusks(now, db) }
    return .idle(until: nil)
  }

  public func committed() {
    guard mustScrub else { return }
    mustScrub = false
    setup.scrub { [scrubbed, wake = setup.wake] result in
      scrubbed.value.withLock { $0 = result }
      wake()
    }
  }

  public func rolledBack() {
    if mustScrub { (mustScrub, cleaning) = (false, []) }
    (hasWork, fresh) = (true, nil)
    setup.counters.forget()
  }

  /// Whether nothing is left to do but for time to pass.
  public func isIdle(_ db: Connection) throws -> Bool {
    try db.first("SELECT 1 FROM erasures WHERE state <> 'done' LIMIT 1", []) { _ in true } == nil
  }
}

/// Set on the writer's thread too, but by a closure that must be able to come from anywhere.
private final class ScrubResult: Sendable {
  let value = Mutex<Result<Int, any Error>?>(nil)
}

// MARK: - Calls

extension Erasures {
  /// Erases whom `publicID` names: cut off with this transaction, gone slice by slice. Who was erased before is found by
  /// the hash; nil: there is nobody, and never was. Throws when the journal cannot be written: then nothing happens.
  /// - Parameters:
  ///   - id: of the erasure, not used before.
  ///   - key: who asks; api_keys.id.
  public func erase(
    _ publicID: String, reason: String, by key: String, id: String, now: Int64, _ db: Connection
  ) throws -> ErasureAct? {
    guard let contact = try People().find(publicID, db) else { return try act(of: publicID, db) }
    let hashes = try leaving.hashes(of: contact.row, db)
    let entry = JournalEntry(erasure: id, at: now, deed: .erased(hashes, reason: reason, by: key))
    try setup.journal.append(entry)
    try catchUp(db) { $0 == entry ? [contact.row] : nil }
    return try ErasureAct.read(id, db)
  }

  /// The act by which he was erased whom this key names.
  public func act(of publicID: String, _ db: Connection) throws -> ErasureAct? {
    let tombstones = setup.tombstones
    let hash = People.keyHash(publicID, tombstones)
    return try tombstones.erasures(of: [hash], db).first.flatMap { try ErasureAct.read($0, db) }
  }

  /// Who has one of these keys may come in again.
  public func readmit(_ keys: ContactKeys, now: Int64, _ db: Connection) throws {
    let erasures = Set(try setup.tombstones.erasures(of: setup.tombstones.hashes(keys), db))
    for erasure in erasures.sorted() {
      try setup.journal.append(JournalEntry(erasure: erasure, at: now, deed: .readmitted))
    }
    if !erasures.isEmpty { try catchUp(db) { _ in nil } }
  }

  /// Does what the journal knows and this file does not: after an older backup was put in its place, and after a commit
  /// that failed. Cost: where there is anything, a walk through all keys.
  /// - Parameter known: whom an entry is about, where that is known without looking.
  /// - Returns: how many entries there were.
  @discardableResult
  public func catchUp(_ db: Connection, knowing known: (JournalEntry) -> [Int64]? = { _ in nil }) throws -> Int {
    let done = try Facts.read(Self.journalFact, db).flatMap { Int($0) } ?? 0
    guard setup.journal.count > done else { return 0 }
    hasWork = true
    for entry in try setup.journal.entries(after: done) {
      switch entry.deed {
      case .readmitted: try setup.tombstones.raise(erasure: entry.erasure, db)
      case .erased(let hashes, let reason, let by):
        // It was done before the entry was counted.
        guard try ErasureAct.read(entry.erasure, db) == nil else { continue }
        try ErasureAct.open(entry.erasure, (reason, by, entry.at), db)
        for contact in try known(entry) ?? leaving.contacts(of: Set(hashes), db) {
          try leaving.cutOff(contact, db)
          try db.run(
            """
            INSERT INTO erased_contacts (contact, erasure) VALUES ($1, $2)
            ON CONFLICT (contact) DO UPDATE SET husk = 0, seq = NULL, erasure = excluded.erasure
            """, [.int(contact), .text(entry.erasure)])
        }
        try setup.tombstones.bury(hashes, erasure: entry.erasure, db)
      }
    }
    try Facts.write(Self.journalFact, String(setup.journal.count), db)
    return setup.journal.count - done
  }

}

// MARK: - Slices

extension Erasures {
  private func next(_ db: Connection) throws -> (contact: Int64, erasure: String, seq: Int64?)? {
    let sql = "SELECT contact, erasure, seq FROM erased_contacts WHERE husk = 0 ORDER BY contact LIMIT 1"
    return try db.first(sql, []) { ($0.int(0), $0.text(1), $0.optionalInt(2)) }
  }

  private func goOn(
    _ contact: Int64, _ erasure: String, _ seq: Int64?, _ now: Int64, _ db: Connection
  ) throws -> DutyProgress {
    guard let seq = try seq ?? settle(contact, db) else { return .idle(until: now + Self.pauseMilliseconds) }
    // What has been said of his messages is counted by the engine, which needs their rows.
    let acted = try Engine.readCursor(db)
    if acted < seq, !setup.isHeld() { return .more }
    let slices = Slices(log: setup.log, timeline: setup.timeline, contact: contact, db: db)
    var rows: [String: Int] = [:]
    if acted < seq { rows["events", default: 0] += try eraseUnread(of: contact, after: acted, db) }
    let messages = try slices.messages(Self.slice)
    (rows["messages"], rows["tasks"]) = (messages.rows, messages.tasks)
    if messages.rows == 0 {
      let runs = try slices.runs(Self.slice)
      rows["runs"] = runs.rows
      let others = try slices.others(Self.slice)
      let events = try events(of: contact, slices, db)
      rows["events", default: 0] += events
      let relations = try slices.relations(Self.slice, now: now)
      rows["relations"] = relations
      if runs.rows == 0, others == 0, events == 0, relations == 0 {
        rows.merge(try ErasedTables.deleteFew(of: contact, db)) { $0 + $1 }
        try finish(contact, isHusk: messages.husks || runs.husks, db)
        rows["contacts"] = 1
      }
    }
    try ErasureAct.count(rows, of: erasure, db)
    try setup.counters.write(db)
    return .more
  }

  /// A slice of his events; 0: none are left.
  private func events(of contact: Int64, _ slices: Slices, _ db: Connection) throws -> Int {
    var known = fresh.flatMap { $0.contact == contact ? $0 : nil } ?? (contact: contact, seqs: [], through: 0)
    if known.seqs.isEmpty {
      (known.seqs, known.through) = setup.timeline.forget(contact, after: known.through, db)
    }
    let count = try slices.events(Self.slice, fresh: &known.seqs)
    fresh = known
    return count
  }

  /// Waits for messages that are being handed over this moment; then the log's end is what the engine has to reach.
  /// - Returns: nil: they are still in hand.
  private func settle(_ contact: Int64, _ db: Connection) throws -> Int64? {
    if setup.isHeld() {
      try leaving.end("sending", as: "unknown", "contact = $1", [.int(contact)], db)
    } else {
      let sql = "SELECT 1 FROM messages WHERE contact = $1 AND status = 'sending' LIMIT 1"
      guard try db.first(sql, [.int(contact)], { _ in true }) == nil else { return nil }
    }
    let seq = setup.log.lastSeq
    try db.run("UPDATE erased_contacts SET seq = $2 WHERE contact = $1", [.int(contact), .int(seq)])
    return seq
  }

  /// In a held file: events that have not acted and name him, by his row or by a key that was erased.
  private func eraseUnread(of contact: Int64, after acted: Int64, _ db: Connection) throws -> Int {
    let sql = """
      SELECT e.seq, e.contact, e.external_id, e.email, e.phone, e.anonymous_id, m.chain, m.version, m.label,
        substr(t.name, 9), e.properties
      FROM events e JOIN event_types t ON t.id = e.type
        LEFT JOIN messages m ON m.id = e.message AND t.name IN ('message.sent', 'message.failed', 'message.skipped',
          'message.unknown')
      WHERE e.seq > $1 ORDER BY e.seq
      """
    var his: [Int64] = []
    var without: [(seq: Int64, keys: ContactKeys)] = []
    try db.each(sql, [.int(acted)]) { row in
      let keys = ContactKeys(
        id: row.optionalText(2), email: row.optionalText(3), phone: row.optionalText(4),
        anonymousID: row.optionalText(5))
      if let owner = row.optionalInt(1) {
        guard try setup.timeline.merged.survivor(of: owner, db) == contact else { return true }
        his.append(row.int(0))
        guard !row.isNull(6) else { return true }
        func count(_ outcome: String, _ amount: Int64) {
          setup.counters.count(
            Counters.Key(chain: row.int(6), version: row.int(7), step: row.text(8), outcome: outcome), by: amount)
        }
        count(row.text(9), 1)
        let properties = row.isNull(10) ? nil : try? JSONValue(parsing: row.textBytes(10))
        count(properties?["was"]?.string == "unknown" ? "unknown" : Counters.unread, -1)
        return true
      }
      switch setup.tombstones.judge(keys) {
      case .passes: break
      case .erased: his.append(row.int(0))
      case .without(let left): without.append((row.int(0), left))
      }
      return true
    }
    for seq in his { try setup.log.erase(seq, db) }
    for (seq, keys) in without { try setup.log.keep(keys, of: seq, db) }
    try EventLog.noteErasure(db)
    return his.count
  }

  /// The contact's own row, the last of all.
  private func finish(_ contact: Int64, isHusk: Bool, _ db: Connection) throws {
    if !isHusk {
      try db.run("DELETE FROM contacts WHERE id = $1", [.int(contact)])
      try db.run("DELETE FROM erased_contacts WHERE contact = $1", [.int(contact)])
    } else {
      try db.run("UPDATE erased_contacts SET husk = 1 WHERE contact = $1", [.int(contact)])
    }
  }

  /// Rows without content go once there are newer ones.
  private func dropHusks(_ now: Int64, _ db: Connection) throws {
    triesHusksAt = now + Self.longPauseMilliseconds
    let husks = try db.query("SELECT contact FROM erased_contacts WHERE husk = 1 LIMIT 100") { $0.int(0) }
    for contact in husks {
      let slices = Slices(log: setup.log, timeline: setup.timeline, contact: contact, db: db)
      let messages = try slices.messages(Self.slice)
      let runs = messages.rows == 0 && !messages.husks ? try slices.runs(Self.slice) : (rows: 1, husks: true)
      if messages.rows == 0, runs.rows == 0 { try finish(contact, isHusk: messages.husks || runs.husks, db) }
    }
  }
}

// MARK: - Free space

extension Erasures {
  /// Nobody's rows are left, of whichever erasure: somebody may have been asked for twice, and the journal may know whom
  /// this file has never known.
  private func beginCleaning(_ db: Connection) throws {
    try db.run("UPDATE erasures SET state = 'cleaning' WHERE state = 'erasing'")
  }

  /// - Returns: how long to wait before the next look, 0: not at all; nil: nothing is to be cleaned.
  private func clean(_ now: Int64, _ db: Connection) throws -> Int64? {
    let waiting = try db.query("SELECT id FROM erasures WHERE state = 'cleaning' ORDER BY number LIMIT 1000") {
      $0.text(0)
    }
    guard !waiting.isEmpty else {
      cleaning = []
      return nil
    }
    guard setup.isAlone() else { return Self.pauseMilliseconds }
    if cleaning.isEmpty {
      if now < scrubsAgainAt, scrubsAgainAt <= now + Self.longPauseMilliseconds { return scrubsAgainAt - now }
      (cleaning, mustScrub) = (waiting, true)
      return Self.pauseMilliseconds
    }
    switch scrubbed.value.withLock({ $0 }) {
    case nil: return Self.pauseMilliseconds
    case .failure(let error):
      setup.report("free space could not be overwritten, it is tried again in a minute: \(error)")
      scrubsAgainAt = now + Self.longPauseMilliseconds
    case .success:
      for id in cleaning {
        try db.run("UPDATE erasures SET state = 'done', done_at = $2 WHERE id = $1", [.text(id), .int(now)])
      }
    }
    let before = cleaning
    cleaning = []
    db.onRollback { [self] in cleaning = before }
    db.onCommit { [self] in scrubbed.value.withLock { $0 = nil } }
    return 0
  }
}
