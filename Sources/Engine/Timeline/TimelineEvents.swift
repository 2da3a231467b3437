import Domain
import SQL

/// A contact's events of one type, the newest first: those in memory, those that are merged, and each once.
struct TimelineEvents {
  let timeline: Timeline
  /// contacts.id
  let contact: Int64
  /// Nothing accepted after it is seen.
  var position: Int64 = .max
  let db: Connection

  private static let pageSizes = [4, 64, 512]
  /// The newest of a type that one question looks at: a robot's hundred thousand views must not hold up the others.
  static let limit = 10_000

  /// - Parameter number: event_types.id of the type.
  func each(
    _ type: String, _ number: Int64, since: Timestamp, until: Timestamp, _ visit: (EventFact) throws -> Bool
  ) throws {
    var fresh = timeline.fresh(of: contact, type: number, since: since, until: until)[...]
    if position < .max { fresh = fresh.filter { $0.seq <= position }[...] }
    var last = LogMoment(at: until, seq: .max)
    var round = 0
    var seen = 0
    func visitFresh(after moment: LogMoment?) throws -> Bool {
      while seen < Self.limit, let entry = fresh.first, moment.map({ entry.moment > $0 }) ?? true {
        fresh.removeFirst()
        seen += 1
        if let event = try event(entry, type), try !visit(event) { return false }
      }
      return true
    }
    // In pages: a visit may ask for other events, and most want only the first few.
    while seen < Self.limit {
      let size = Self.pageSizes[min(round, Self.pageSizes.count - 1)]
      let page = try page(of: number, type, since: since, before: last, limit: size)
      for event in page {
        guard try visitFresh(after: event.moment) else { return }
        // It is being merged: it lies in both.
        if fresh.first?.seq == event.seq { fresh.removeFirst() }
        if try !visit(event) { return }
      }
      guard page.count == size, let oldest = page.last else {
        _ = try visitFresh(after: nil)
        return
      }
      last = oldest.moment
      round += 1
      seen += size
    }
  }

  private func page(
    of number: Int64, _ type: String, since: Timestamp, before last: LogMoment, limit: Int
  ) throws -> [EventFact] {
    let sql = """
      SELECT t.seq, t.at, e.properties FROM timeline t JOIN events e ON e.seq = t.seq
      WHERE t.contact = $1 AND t.type = $2 AND t.at >= $3 AND (t.at, t.seq) < ($4, $5) AND t.seq <= $7
      ORDER BY t.at DESC, t.seq DESC LIMIT $6
      """
    let parameters: [SQLValue] = [
      .int(contact), .int(number), .int(since.milliseconds), .int(last.at.milliseconds), .int(last.seq), .int(limit),
      .int(position),
    ]
    return try db.query(sql, parameters) { row in
      EventFact(
        seq: row.int(0), at: Timestamp(milliseconds: row.int(1)), type: type,
        properties: try EventProperties.value(row.textBytes(2)))
    }
  }

  private func event(_ entry: Timeline.Entry, _ type: String) throws -> EventFact? {
    try db.first("SELECT properties FROM events WHERE seq = $1", [.int(entry.seq)]) { row in
      EventFact(seq: entry.seq, at: entry.at, type: type, properties: try EventProperties.value(row.textBytes(0)))
    }
  }
}
