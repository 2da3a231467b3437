import Domain
import Ingest
import SQL

/// Works rows out of what the timeline holds: once for a file from before there were rows, and when another event is a
/// purchase than was.
struct RfmFilling {
  let timeline: Timeline
  let rule: RfmRule
  /// event_types.id; nil: nobody ever bought.
  private let type: Int64?

  init(timeline: Timeline, log: EventLog, rule: RfmRule) throws {
    (self.timeline, self.rule, type) = (timeline, rule, log.number(ofType: rule.event))
  }

  /// The contacts that are next.
  func page(_ fill: RfmProgress.Fill, limit: Int, _ db: Connection) throws -> [Int64] {
    let sql = "SELECT id FROM contacts WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3"
    return try db.query(sql, [.int(fill.walked), .int(fill.last), .int(limit)]) { $0.int(0) }
  }

  private static let any = Query("SELECT 1 FROM timeline WHERE contact = $1 AND type = $2 LIMIT 1")

  /// Of the newest ten thousand purchases; nil of none.
  func figures(of contact: Int64, _ db: Connection) throws -> RfmFigures? {
    guard let type else { return nil }
    let always = (since: Timestamp(milliseconds: .min), until: Timestamp(milliseconds: .max))
    // Most have none: that is asked first.
    let bind = { (statement: Statement) in
      statement.bind(1, contact)
      statement.bind(2, type)
    }
    guard
      try db.first(Self.any, bind, read: { _ in true }) != nil
        || !timeline.fresh(of: contact, type: type, since: always.since, until: always.until).isEmpty
    else { return nil }
    var purchases: [EventFact] = []
    let events = TimelineEvents(
      timeline, contact: contact, type: rule.event, number: type, until: always.until, db)
    try events.each(since: always.since) {
      purchases.append($0)
      return true
    }
    return RfmFigures(of: purchases, by: rule)
  }
}
