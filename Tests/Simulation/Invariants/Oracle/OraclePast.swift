import SQL

/// What the log says of the events that the fixed chain hears, kept from when each was first seen, since retention may
/// delete it; and what of the world may have put events and timers into another order than that of their times.
struct OraclePast {
  struct Event {
    let seq: Int64
    let acceptedAt: Int64
    let at: Int64
    let total: Int64
    let key: String
    /// The strongest key that it names.
    let who: String
    /// contacts.id of whom its strongest key led to when it was first seen.
    let contact: Int64
    /// When the last of those who were seen to become him at the same look did so: it may have been another's before.
    let bondedAt: Int64
    /// A later moment that the clock had shown already, before somebody set it back.
    let shown: Int64

    /// Younger than a day when it came: what is older neither starts nor wakes anything.
    var isFresh: Bool { acceptedAt - at <= 86_400_000 }

    /// Of an event of the type that enters.
    var enters: Bool { isFresh && total >= FixedChain.least }
  }

  /// Events that were in the log and had not acted when the process started, or was let go: they act before any timer.
  private struct CatchUp {
    let events: ClosedRange<Int64>
    /// From the acceptance of the first to the moment of the start.
    let times: ClosedRange<Int64>
  }

  private let db: Connection
  private(set) var bonds = Bonds()
  /// In the order of the log.
  private(set) var awaited: [Event] = []
  private(set) var lastSeq: Int64 = 0
  /// Grows with whatever may decide a way.
  private(set) var news = 0
  private var catchUps: [CatchUp] = []
  private var lastWall: Int64 = 0
  /// The latest that the clock has shown, and the same before it was last set back.
  private(set) var latestWall: Int64 = 0
  private var shown: Int64 = 0

  init(_ db: Connection) { self.db = db }

  mutating func note(wall: Int64) {
    if wall < lastWall { shown = max(shown, lastWall) }
    (lastWall, latestWall) = (wall, max(latestWall, wall))
  }

  /// The process has started, or a person has let it go: what it has not read up to `last` comes first.
  mutating func startsOver(through last: Int64) throws {
    let sql = """
      SELECT seq, accepted_at FROM events
      WHERE seq > coalesce((SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'engine.cursor'), 0) AND seq <= $1
      ORDER BY seq LIMIT 1
      """
    guard let (first, at) = try db.first(sql, [.int(last)], { ($0.int(0), $0.int(1)) }) else { return }
    catchUps.append(CatchUp(events: first...last, times: min(at, lastWall)...max(at, lastWall)))
  }

  /// Whether the event may have acted before timers that were due before it came.
  func mayPrecedeTimers(_ event: Event) -> Bool { catchUps.contains { $0.events.contains(event.seq) } }

  /// The same of an event that made one of two, then.
  func mayPrecedeTimers(bond since: ClosedRange<Int64>) -> Bool { catchUps.contains { $0.times.overlaps(since) } }

  /// Everything up to `last` has acted.
  /// - Returns: the new events that may enter.
  mutating func read(through last: Int64) throws -> [Event] {
    guard last > lastSeq else { return [] }
    let types = ([FixedChain.entering, "contact.merged"] + FixedChain.awaited).map { "'\($0)'" }.joined(separator: ", ")
    let sql = """
      SELECT e.seq, y.name, e.accepted_at, e.at, coalesce(json_extract(e.properties, '$.total'), 0),
        coalesce(json_extract(e.properties, '$.cart_id'), ''), coalesce(k.contact, 0),
        coalesce(e.external_id, e.email, e.phone, e.anonymous_id, '')
      FROM events e JOIN event_types y ON y.id = e.type
      LEFT JOIN contact_keys k ON k.kind = CASE
          WHEN e.external_id IS NOT NULL THEN 1 WHEN e.email IS NOT NULL THEN 2 WHEN e.phone IS NOT NULL THEN 3 ELSE 4 END
        AND k.value = coalesce(e.external_id, e.email, e.phone, e.anonymous_id)
      WHERE e.seq > $1 AND e.seq <= $2 AND y.name IN (\(types))
      ORDER BY e.seq
      """
    var (entering, found): ([Event], [(isAwaited: Bool, event: Event)]) = ([], [])
    var hasMerged = lastSeq == 0
    try db.each(sql, [.int(lastSeq), .int(last)]) { row in
      let type = row.text(1)
      hasMerged = hasMerged || type == "contact.merged"
      guard type != "contact.merged" else { return true }
      let event = Event(
        seq: row.int(0), acceptedAt: row.int(2), at: row.int(3), total: row.int(4), key: row.text(5), who: row.text(7),
        contact: row.int(6), bondedAt: 0, shown: shown)
      found.append((type != FixedChain.entering, event))
      return true
    }
    let bonded = hasMerged ? try readBonds() : [:]
    for (isAwaited, event) in found {
      let event = event.bonded(at: bonded[event.contact] ?? 0)
      if isAwaited { awaited.append(event) } else { entering.append(event) }
      if isAwaited { news += 1 }
    }
    lastSeq = last
    return entering
  }

  /// - Returns: when the last one became one with a survivor, by contacts.id.
  private mutating func readBonds() throws -> [Int64: Int64] {
    let rows = try db.query("SELECT contact, survivor, at FROM merged_contacts") {
      (contact: $0.int(0), survivor: $0.int(1), at: $0.int(2))
    }
    let new = rows.filter { !bonds.knows($0.contact) }
    guard let first = new.map(\.at).min(), let last = new.map(\.at).max() else { return [:] }
    news += new.count
    for row in new { bonds.add(row.contact, into: row.survivor, since: first...last) }
    return Dictionary(new.map { ($0.survivor, last) }) { $1 }
  }

  /// The events that a run waits for which came after that one.
  func awaited(after seq: Int64) -> ArraySlice<Event> {
    var (low, high) = (0, awaited.count)
    while low < high {
      let middle = (low + high) / 2
      if awaited[middle].seq <= seq { low = middle + 1 } else { high = middle }
    }
    return awaited[low...]
  }
}

extension OraclePast.Event {
  fileprivate func bonded(at moment: Int64) -> Self {
    .init(
      seq: seq, acceptedAt: acceptedAt, at: at, total: total, key: key, who: who, contact: contact, bondedAt: moment,
      shown: shown
    )
  }
}
