import Domain
import SQL

/// A contact's events of one type through one moment, the newest first: those in memory, those that are merged, and each
/// once. What was read once is kept: several conditions ask for the same few.
final class TimelineEvents {
  private let timeline: Timeline
  /// contacts.id
  private let contact: Int64
  private let type: String
  /// event_types.id
  private let number: Int64
  let until: Timestamp
  /// Nothing accepted after it is seen.
  private let position: Int64
  private let db: Connection
  /// Where facts are kept, on the writer's thread.
  private let recent: RecentRows?

  private static let pageSizes = [4, 64, 512]
  /// The newest of a type that one question looks at: a robot's hundred thousand views must not hold up the others.
  static let limit = 10_000

  private var facts: [EventFact] = []
  private var fresh: ArraySlice<Timeline.Entry>
  /// Of the clustered table all after it has been read.
  private var last: LogMoment
  /// Everything from there on has been read.
  private var floor: Timestamp?
  private var pages = 0

  init(
    _ timeline: Timeline, contact: Int64, type: String, number: Int64, until: Timestamp, position: Int64 = .max,
    recent: RecentRows? = nil, _ db: Connection
  ) {
    (self.timeline, self.contact, self.type, self.number) = (timeline, contact, type, number)
    (self.until, self.position, self.recent, self.db) = (until, position, recent, db)
    let found = timeline.fresh(of: contact, type: number, since: Timestamp(milliseconds: .min), until: until)
    fresh = position < .max ? found.filter { $0.seq <= position }[...] : found[...]
    last = LogMoment(at: until, seq: .max)
  }

  /// From `since` on, the newest first, while `visit` answers true.
  func each(since: Timestamp, _ visit: (EventFact) throws -> Bool) throws {
    var index = 0
    while true {
      while index < facts.count {
        let fact = facts[index]
        index += 1
        guard fact.at >= since, try visit(fact) else { return }
      }
      if facts.count >= Self.limit || floor.map({ $0 <= since }) ?? false { return }
      try readPage(since: since)
    }
  }

  /// In pages: most want only the first few.
  private func readPage(since: Timestamp) throws {
    let size = Self.pageSizes[min(pages, Self.pageSizes.count - 1)]
    pages += 1
    let page = try page(since: since, limit: size)
    for fact in page {
      try takeFresh { $0.moment > fact.moment }
      // It is being merged: it lies in both.
      if fresh.first?.seq == fact.seq { fresh.removeFirst() }
      facts.append(fact)
      last = fact.moment
    }
    if page.count < size {
      try takeFresh { $0.at >= since }
      floor = since
    }
  }

  private func takeFresh(while isNext: (Timeline.Entry) -> Bool) throws {
    while let entry = fresh.first, isNext(entry) {
      fresh.removeFirst()
      if let fact = try fact(entry) { facts.append(fact) }
    }
  }

  private static let older = Query(
    """
    SELECT t.seq, t.at, e.properties FROM timeline t JOIN events e ON e.seq = t.seq
    WHERE t.contact = $1 AND t.type = $2 AND t.at >= $3 AND (t.at, t.seq) < ($4, $5) AND t.seq <= $7
    ORDER BY t.at DESC, t.seq DESC LIMIT $6
    """)

  private func page(since: Timestamp, limit: Int) throws -> [EventFact] {
    let bind = { [self] (statement: Statement) in
      statement.bind(1, contact)
      statement.bind(2, number)
      statement.bind(3, since.milliseconds)
      statement.bind(4, last.at.milliseconds)
      statement.bind(5, last.seq)
      statement.bind(6, limit)
      statement.bind(7, position)
    }
    return try db.query(Self.older, bind) { row in
      EventFact(
        seq: row.int(0), at: Timestamp(milliseconds: row.int(1)), type: type,
        properties: try EventProperties.value(row.textBytes(2)))
    }
  }

  private static let one = Query("SELECT properties FROM events WHERE seq = $1")

  private func fact(_ entry: Timeline.Entry) throws -> EventFact? {
    if let recent { return try recent.fact(entry, ofType: type, db) }
    return try Self.read(entry, ofType: type, db)?.fact
  }

  /// With the bytes of its properties; nil when it is gone.
  static func read(
    _ entry: Timeline.Entry, ofType type: String, _ db: Connection
  ) throws -> (fact: EventFact, bytes: Int)? {
    try db.first(one, { $0.bind(1, entry.seq) }) { row in
      let text = row.textBytes(0)
      let properties = try EventProperties.value(text)
      return (EventFact(seq: entry.seq, at: entry.at, type: type, properties: properties), text.count)
    }
  }
}
