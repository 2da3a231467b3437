public import Domain
import Ingest
public import JSON
public import SQL

/// The view of one contact and one run that the pure rules ask, answered from the file on the writer's thread. What was
/// read once is kept: a view lives for one decision.
public final class StoredContactView: ContactView {
  private let db: Connection
  private let views: ContactViews
  private let run: Run
  private let stored: Contact
  private var states: [MessageState]?
  public let zone: Zone
  public private(set) lazy var contact: JSONValue = stored.json

  init(_ views: ContactViews, contact: Contact, run: Run, _ db: Connection) {
    (self.views, stored, self.run, self.db) = (views, contact, run, db)
    zone = contact.zone ?? views.rules.shopZone
  }

  private static let pageSizes = [4, 64, 512]
  /// The newest of a type that one question looks at: a robot's hundred thousand views must not hold up the others.
  static let eventsLimit = 10_000

  public func events(
    of type: String, since: Timestamp, until: Timestamp, _ visit: (EventFact) throws -> Bool
  ) throws {
    guard let number = views.log.number(ofType: type) else { return }
    var fresh = views.timeline.fresh(of: stored.row, type: number, since: since, until: until)[...]
    var last = LogMoment(at: until, seq: .max)
    var round = 0
    var seen = 0
    func visitFresh(after moment: LogMoment?) throws -> Bool {
      while seen < Self.eventsLimit, let entry = fresh.first, moment.map({ entry.moment > $0 }) ?? true {
        fresh.removeFirst()
        seen += 1
        if let event = try event(entry, type), try !visit(event) { return false }
      }
      return true
    }
    // In pages: a visit may ask for other events, and most want only the first few.
    while seen < Self.eventsLimit {
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
      WHERE t.contact = $1 AND t.type = $2 AND t.at >= $3 AND (t.at, t.seq) < ($4, $5)
      ORDER BY t.at DESC, t.seq DESC LIMIT $6
      """
    let parameters: [SQLValue] = [
      .int(stored.row), .int(number), .int(since.milliseconds), .int(last.at.milliseconds), .int(last.seq), .int(limit),
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

  public func messages() throws -> [MessageState] {
    if let states { return states }
    let sql = """
      SELECT step, status, sent_at, delivered_at, opened_at, machine_opened_at, clicked_at, bounced_at, answered_at
      FROM messages WHERE run = $1 ORDER BY id
      """
    let read = try db.query(sql, [.int(run.id)]) { row in
      func moment(_ column: Int) -> Timestamp? { row.optionalInt(column).map { Timestamp(milliseconds: $0) } }
      return MessageState(
        step: Int(row.int(0)), isOver: !["planned", "sending"].contains(row.text(1)), sentAt: moment(2),
        deliveredAt: moment(3), openedAt: moment(4), machineOpenedAt: moment(5), clickedAt: moment(6),
        bouncedAt: moment(7), answeredAt: moment(8))
    }
    states = read
    return read
  }

  public func consents(to channel: String) throws -> Bool {
    try Permission.consents(stored.row, to: channel, views.rules, db)
  }

  public func isReachable(over channel: String) throws -> Bool {
    guard let address = stored.address(for: channel) else { return false }
    return try Suppressions().reason(
      against: address, channel: channel, purpose: .transactional, db) == nil
  }

  public func isMember(of list: String) throws -> Bool { try Lists().contains(list, stored.row, db) }

  public func isInside(_ chain: String) throws -> Bool {
    guard let number = views.catalog.number(of: chain) else { return false }
    let sql = "SELECT 1 FROM runs WHERE contact = $1 AND chain = $2 AND state = 'active' LIMIT 1"
    return try db.first(sql, [.int(stored.row), .int(number)]) { _ in true } ?? false
  }

  public func hasRelation(_ kind: String) throws -> Bool {
    try !Relations().others(of: stored.row, kind: kind, limit: 1, db).isEmpty
  }

  public func actor() throws -> (any ContactView)? {
    guard let row = run.actor, row != stored.row, let contact = try views.recent.contact(row, db) else { return nil }
    var alone = run
    (alone.id, alone.contact, alone.actor) = (0, row, nil)
    return StoredContactView(views, contact: contact, run: alone, db)
  }

  public func price(of channel: String) -> JSONNumber? {
    views.rules.channels[channel]?.price.flatMap { JSONNumber(text: $0) }
  }

  public func variant(of step: String) throws -> String? {
    try Variants().given(to: run.contact, chain: run.chain, step: step, db)
  }

  public func winner(of step: String) throws -> String? { try Variants().winner(chain: run.chain, step: step, db) }

  public func figure(of step: String, _ outcome: String) throws -> Int64 {
    views.counters.figure(chain: run.chain, through: run.version, step: step, outcome: outcome)
  }

  static let readingDays: Int64 = 90
  static let readingsNeeded = 10
  /// The newest of each kind that are looked at.
  static let readingsLimit = 500

  public func readingHours(before now: Timestamp) throws -> [Int]? {
    var hours = Array(repeating: 0, count: 24)
    let since = now + -Self.readingDays * LocalTime.millisecondsPerDay
    for type in ["message.opened", "message.clicked", "visit"] {
      var seen = 0
      try events(of: type, since: since, until: now) { event in
        if event.properties["machine"]?.bool != true { hours[zone.local(event.at).hour] += 1 }
        seen += 1
        return seen < Self.readingsLimit
      }
    }
    return hours.reduce(0, +) >= Self.readingsNeeded ? hours : nil
  }
}

/// Whether a contact may be asked for something over a channel: what he said last, else the channel's rule.
public enum Permission {
  public static func consents(_ contact: Int64, to channel: String, _ rules: Rules, _ db: Connection) throws -> Bool {
    if let said = try Consents().granted(by: contact, channel: channel, db) { return said }
    return switch rules.channels[channel]?.consent ?? .none {
    case .optIn: false
    case .optOut, .none: true
    }
  }
}
