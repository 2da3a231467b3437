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
  /// By event_types.id.
  private var past: [Int64: TimelineEvents] = [:]
  public let zone: Zone
  public private(set) lazy var contact: JSONValue = stored.json
  public var firstSeenAt: Timestamp { stored.firstSeenAt }

  init(_ views: ContactViews, contact: Contact, run: Run, _ db: Connection) {
    (self.views, stored, self.run, self.db) = (views, contact, run, db)
    zone = contact.zone ?? views.rules.shopZone
  }

  public func events(
    of type: String, since: Timestamp, until: Timestamp, _ visit: (EventFact) throws -> Bool
  ) throws {
    guard let number = views.log.number(ofType: type) else { return }
    let events: TimelineEvents
    if let known = past[number], known.until == until {
      events = known
    } else {
      events = views.past.events(of: stored.row, type: type, number: number, until: until, db)
      past[number] = events
    }
    try events.each(since: since, visit)
  }

  public func messages() throws -> [MessageState] {
    if let states { return states }
    let read = try MessageStates.read(of: run.id, db)
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

  public func membership(in segment: String) throws -> SegmentMembership {
    guard let entry = views.segments.entry(segment) else { return .known(false) }
    // While its members are looked for, each is asked on the spot.
    guard entry.state == .live else { return .described(by: entry.condition) }
    return .known(try Memberships().contains(stored.row, in: entry.number, db))
  }

  public func hasRelation(_ kind: String) throws -> Bool {
    try !Relations().others(of: stored.row, kind: kind, limit: 1, db).isEmpty
  }

  public func actor() throws -> TriggerActor {
    guard let row = run.actor, row != stored.row else { return .himself }
    guard let contact = try views.recent.contact(row, db) else { return .gone }
    var alone = run
    (alone.id, alone.contact, alone.actor) = (0, row, nil)
    return .other(StoredContactView(views, contact: contact, run: alone, db))
  }

  public func price(of channel: String) -> JSONNumber? {
    views.rules.price(of: channel)
  }

  public func variant(of step: String) throws -> String? {
    try Variants().given(to: run.contact, chain: run.chain, step: step, db)
  }

  public func winner(of step: String) throws -> String? { try Variants().winner(chain: run.chain, step: step, db) }

  public func figure(of step: String, _ outcome: String) throws -> Int64 {
    views.counters.figure(chain: run.chain, through: run.version, step: step, outcome: outcome)
  }

  public func readingHours(before now: Timestamp) throws -> [Int]? { try ReadingHours.counted(by: self, before: now) }

  public var rfmRule: RfmRule { views.rules.rfm }

  public func rfm(at now: Timestamp) throws -> RfmState? {
    guard views.keepsRfm else {
      guard let boundaries = try RfmVersions().newest(by: now, db) else { return nil }
      let figures = try RfmFigures(of: purchases(until: now, limit: .max), by: rfmRule)
      return figures.map { boundaries.state(of: $0, at: now) }
    }
    guard let row = try RfmRows().row(stored.row, db) else { return nil }
    return try views.rfmVersions.version(row.version, db)?.state(of: row.figures, at: now)
  }

  public func averageGap(of type: String, where match: Match?, amongMembersOf segment: String) throws -> Double? {
    let wanted = AverageWanted(segment: segment, type: type, match: match)
    return try SegmentAverages().figure(wanted, db)?.average.map(Double.init)
  }
}

/// Whether a contact may be asked for something over a channel: what he said last, else the channel's rule.
public enum Permission {
  public static func consents(_ contact: Int64, to channel: String, _ rules: Rules, _ db: Connection) throws -> Bool {
    consents(said: try Consents().granted(by: contact, channel: channel, db), to: channel, rules)
  }

  /// What lets a marketing message pass: the proof it relies on, nil where none is needed.
  /// - Returns: nil: it must not pass.
  public static func ground(
    for contact: Int64, on channel: String, _ rules: Rules, _ db: Connection
  ) throws -> ConsentGround? {
    let word = try Consents().word(of: contact, channel: channel, db)
    return consents(said: word?.granted, to: channel, rules) ? ConsentGround(proof: word?.proof) : nil
  }

  /// - Parameter said: nil when he has said nothing.
  static func consents(said: Bool?, to channel: String, _ rules: Rules) -> Bool {
    if let said { return said }
    return switch rules.channels[channel]?.consent ?? .none {
    case .optIn: false
    case .optOut, .none: true
    }
  }
}

/// Why a contact may be written to.
public struct ConsentGround: Sendable, Hashable {
  /// consent_proofs.id; nil: he has said nothing, and the channel asks for nothing.
  public let proof: Int64?
}
