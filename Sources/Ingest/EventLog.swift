public import Domain
public import SQL

/// The log: events in the order of acceptance, each id once within the window.
///
/// What it remembers mirrors the file and follows its rollbacks. Appending, `lastSeq` and `number(ofType:)` belong to
/// the writer's thread; reading takes any connection on any thread, and so does `acceptedByType`.
public final class EventLog: @unchecked Sendable {
  // Unchecked: the mutable state is confined to the writer's thread, as said above.

  /// What became of an event.
  public enum Outcome: Sendable, Equatable {
    case stored(seq: Int64)
    /// The event with this id that is there already.
    case duplicate(of: Int64)
    /// Its type would be one more than the file takes.
    case tooManyTypes
    /// Of a person who was erased: not stored.
    case erased
  }

  /// The newest event's, 0 before the first.
  public private(set) var lastSeq: Int64 = 0
  private var lastAcceptedAt: Int64 = 0
  private let limits: IngestLimits
  private var blocks: IDBlocks
  private let types: EventTypes
  private var window = IDWindow()
  private var marks = WindowMarks()
  private var newest = NewestEvents()
  private var generation: Int
  /// Of the connection, whose end memory follows already.
  private var scope = 0
  private var insert: Statement
  private var idOfEvent: Statement

  /// Reads the fingerprints of the window's ids: about a tenth of a second a million.
  /// - Parameters:
  ///   - now: milliseconds since 1970; where the window ends.
  ///   - seed: of the fingerprints of a new file, which keeps it; a server draws one, so that nobody can aim at
  ///     collisions.
  public init(_ db: Connection, now: Int64, limits: IngestLimits = IngestLimits(), seed: UInt64 = 0) throws {
    self.limits = limits
    blocks = try IDBlocks(db, seed: seed, blockLength: limits.idsPerBlock)
    types = try EventTypes(db)
    generation = db.generation
    insert = try db.prepare(EventLog.insertSQL)
    idOfEvent = try db.prepare(EventLog.idSQL)
    try readWindow(db, now)
    db.watch("events") { [weak self] seq in self?.newest.forget(seq) }
  }

  /// Accepted events by type, as far as they are committed; from any thread.
  public var acceptedByType: [String: Int64] { types.accepted }

  /// The same of the `limit` types that came first, and of all others together: for figures that must stay few.
  public func accepted(limit: Int) -> (types: [(name: String, accepted: Int64)], others: Int64) {
    types.accepted(limit: limit)
  }

  /// How long an event's id is remembered.
  public var windowMilliseconds: Int64 { limits.windowMilliseconds }

  /// event_types.id; nil: no such event was ever accepted.
  public func number(ofType name: String) -> Int64? { types.number(of: name) }

  /// The first event after this one, nil at the log's end.
  public func firstUnread(after seq: Int64) -> Int64? { seq < lastSeq ? seq + 1 : nil }

  /// Appends inside the open transaction; the outcomes stand in the order of the events.
  public func append(_ events: [IncomingEvent], now: Int64, _ db: Connection) throws -> [Outcome] {
    try begin(db, now)
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(events.count)
    for event in events { outcomes.append(try place(event, db)) }
    try writeBlock(db)
    return outcomes
  }

  /// Appends the server's own events, which have no id and no limit of types. Returns their seqs.
  @discardableResult
  public func append(own events: [IncomingEvent], now: Int64, _ db: Connection) throws -> [Int64] {
    try begin(db, now)
    let seqs = try events.map { try store($0, type: types.number(of: $0.type) ?? types.add($0.type, db)) }
    try writeBlock(db)
    return seqs
  }
}

extension EventLog {
  /// From there on in order, at most `limit`.
  public func read(_ db: Connection, after seq: Int64, limit: Int) throws -> [StoredEvent] {
    let bind = { (statement: Statement) in
      statement.bind(1, seq)
      statement.bind(2, limit)
    }
    return try db.query(EventLog.page, bind) { StoredEvent($0) }
  }

  /// From before there backwards, at most `limit`.
  public func read(_ db: Connection, before seq: Int64, limit: Int) throws -> [StoredEvent] {
    let bind = { (statement: Statement) in
      statement.bind(1, seq)
      statement.bind(2, limit)
    }
    return try db.query(EventLog.pageBack, bind) { StoredEvent($0) }
  }

  /// The first of these for the writer's thread: from memory as far as that goes.
  public func unread(after seq: Int64, limit: Int, _ db: Connection) throws -> [StoredEvent] {
    // A commit that was believed lost may have brought events that nothing else will make known.
    if db.generation != generation { try refresh(db) }
    if seq >= lastSeq { return [] }
    return try newest.page(after: seq, limit: limit) ?? read(db, after: seq, limit: limit)
  }

  /// Nil: there is none, or it was deleted.
  public func event(_ seq: Int64, _ db: Connection) throws -> StoredEvent? {
    try db.first(EventLog.one, { $0.bind(1, seq) }) { StoredEvent($0) }
  }

  private static let page = Query(
    """
    SELECT \(StoredEvent.columns) FROM events JOIN event_types ON event_types.id = events.type
    WHERE events.seq > $1 ORDER BY events.seq LIMIT $2
    """)
  private static let pageBack = Query(
    """
    SELECT \(StoredEvent.columns) FROM events JOIN event_types ON event_types.id = events.type
    WHERE events.seq < $1 ORDER BY events.seq DESC LIMIT $2
    """)
  private static let one = Query(
    """
    SELECT \(StoredEvent.columns) FROM events JOIN event_types ON event_types.id = events.type WHERE events.seq = $1
    """)
}

// MARK: - Appending

extension EventLog {
  private static let insertSQL = """
    INSERT INTO events (seq, accepted_at, at, type, id, external_id, email, phone, anonymous_id, contact, message,
      properties) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    """
  private static let idSQL = "SELECT id FROM events WHERE seq = $1"

  /// Every append begins here: from now on a rollback takes memory back to where it is.
  private func begin(_ db: Connection, _ now: Int64) throws {
    try db.requireTransaction()
    if db.generation != generation { try refresh(db) }
    if db.scope != scope { follow(db) }
    // A clock that was set back does not disturb the order of acceptance.
    lastAcceptedAt = max(lastAcceptedAt, now)
    if let first = marks.begin(now: lastAcceptedAt, length: limits.windowMilliseconds) { window.forget(before: first) }
  }

  /// Once in a transaction and in each savepoint: its end takes memory along.
  private func follow(_ db: Connection) {
    scope = db.scope
    let (seq, acceptedAt, fresh, written) = (lastSeq, lastAcceptedAt, window.freshCount, blocks.written)
    let counts = types.unwritten
    db.onRollback { [self] in
      lastSeq = seq
      lastAcceptedAt = acceptedAt
      window.rollBack(to: fresh)
      marks.rollBack(to: seq)
      blocks.rollBack(to: seq, written: written)
      types.unwritten = counts
    }
    db.beforeCommit { [types] db throws(SQLError) in try types.writeCounts(db) }
    db.onCommit { [self] in window.committed() }
  }

  private func writeBlock(_ db: Connection) throws {
    if try blocks.write(firstInWindow: window.firstSeq, db) { db.onCommit { [self] in blocks.committed() } }
  }

  private func place(_ event: IncomingEvent, _ db: Connection) throws -> Outcome {
    guard var id = event.id else {
      guard let type = try number(for: event.type, db) else { return .tooManyTypes }
      return .stored(seq: try store(event, type: type))
    }
    let fingerprint = id.withUTF8 { blocks.hash(UnsafeRawBufferPointer($0)) }
    if let seq = try window.find(fingerprint, { try isID(id, of: $0) }) { return .duplicate(of: seq) }
    guard let type = try number(for: event.type, db) else { return .tooManyTypes }
    let seq = try store(event, type: type, fingerprint)
    window.insert(fingerprint, seq)
    return .stored(seq: seq)
  }

  /// Whether the stored event has this very id: two ids may share a fingerprint.
  private func isID(_ id: String, of seq: Int64) throws -> Bool {
    idOfEvent.bind(1, seq)
    return try idOfEvent.first { row in row.withText(0) { $0.elementsEqual(id.utf8) } } ?? false
  }

  private func number(for type: String, _ db: Connection) throws -> Int64? {
    if let number = types.number(of: type) { return number }
    return types.count < limits.types ? try types.add(type, db) : nil
  }

  private func store(_ event: IncomingEvent, type: Int64, _ fingerprint: UInt32 = 0) throws -> Int64 {
    let seq = lastSeq + 1
    insert.bind(1, seq)
    insert.bind(2, lastAcceptedAt)
    let at = min(event.at?.milliseconds ?? lastAcceptedAt, lastAcceptedAt)
    insert.bind(3, at)
    insert.bind(4, type)
    insert.bind(5, event.id)
    insert.bind(6, event.keys.id)
    insert.bind(7, event.keys.email)
    insert.bind(8, event.keys.phone)
    insert.bind(9, event.keys.anonymousID)
    insert.bind(10, event.contact)
    insert.bind(11, event.message)
    if event.properties.isEmpty {
      insert.bindNull(12)
    } else {
      event.properties.withUnsafeBytes { insert.bind(12, textBytes: $0) }
    }
    try insert.run()
    lastSeq = seq
    marks.add(seq, acceptedAt: lastAcceptedAt)
    blocks.add(fingerprint, seq)
    types.count(type)
    newest.append(
      StoredEvent(
        seq: seq, acceptedAt: Timestamp(milliseconds: lastAcceptedAt), at: Timestamp(milliseconds: at),
        type: event.type, typeNumber: type, id: event.id, keys: event.keys, contact: event.contact,
        message: event.message, properties: event.properties))
    return seq
  }
}

// MARK: - Memory from the file

extension EventLog {
  /// After the connection was opened anew: a commit that failed may have reached the disk all the same.
  private func refresh(_ db: Connection) throws {
    insert = try db.prepare(EventLog.insertSQL)
    idOfEvent = try db.prepare(EventLog.idSQL)
    try types.load(db)
    try readTail(after: lastSeq, db)
    try blocks.reload(db)
    generation = db.generation
  }

  /// What lies in blocks from there, the younger events one by one.
  private func readWindow(_ db: Connection, _ now: Int64) throws {
    let last = try db.first("SELECT seq, accepted_at FROM events ORDER BY seq DESC LIMIT 1", []) {
      ($0.int(0), $0.int(1))
    }
    guard let last else { return }
    (lastSeq, lastAcceptedAt) = last
    var mark = try firstAccepted(from: now - limits.windowMilliseconds, db)
    let first = mark?.seq ?? lastSeq + 1
    while let (seq, acceptedAt) = mark {
      marks.add(seq, acceptedAt: acceptedAt)
      mark = try firstAccepted(from: acceptedAt + WindowMarks.distanceMilliseconds, db)
    }
    window.reserve(Int(lastSeq - first) + 1)
    window.forget(before: first)
    try blocks.each(from: first, db) { window.load($0, $1) }
    try readTail(after: max(blocks.end, first - 1), db)
  }

  private func readTail(after seq: Int64, _ db: Connection) throws {
    try db.each("SELECT seq, accepted_at, id FROM events WHERE seq > $1 ORDER BY seq", [.int(seq)]) { row in
      lastSeq = row.int(0)
      lastAcceptedAt = row.int(1)
      marks.add(lastSeq, acceptedAt: lastAcceptedAt)
      let fingerprint = row.isNull(2) ? 0 : row.withText(2) { blocks.hash($0) }
      if fingerprint != 0 { window.load(fingerprint, lastSeq) }
      blocks.add(fingerprint, lastSeq)
      return true
    }
  }

  /// The first event that was accepted then or later; nil: none. Acceptance only rises: halving finds it.
  private func firstAccepted(from moment: Int64, _ db: Connection) throws -> (seq: Int64, acceptedAt: Int64)? {
    func event(from seq: Int64) throws -> (seq: Int64, acceptedAt: Int64)? {
      try db.first("SELECT seq, accepted_at FROM events WHERE seq >= $1 ORDER BY seq LIMIT 1", [.int(seq)]) {
        ($0.int(0), $0.int(1))
      }
    }
    guard moment <= lastAcceptedAt, let first = try event(from: 0) else { return nil }
    var (low, high) = (first.seq, lastSeq)
    while low < high {
      let middle = low + (high - low) / 2
      if let found = try event(from: middle), found.acceptedAt < moment { low = found.seq + 1 } else { high = middle }
    }
    return try event(from: low)
  }
}
