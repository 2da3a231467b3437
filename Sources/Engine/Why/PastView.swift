public import Domain
public import JSON
public import SQL

/// The view of one contact as of a position of the log and a moment, on any connection. Events, messages, consents,
/// suppressions, lists, relations and runs are those of then, as far as they are on record; the contact's fields are
/// today's.
public final class PastView: ContactView {
  private let timeline: Timeline
  private let rules: Rules
  private let stored: Contact
  private let run: Run?
  private let actorRow: Int64?
  private let position: Int64
  private let moment: Timestamp
  private let db: Connection
  public let zone: Zone
  public let contact: JSONValue
  public var firstSeenAt: Timestamp { stored.firstSeenAt }

  /// - Parameters:
  ///   - run: whose messages are seen; nil: before there is a run.
  ///   - actor: contacts.id of whose event the trigger is, where it is another's; one that is not there is gone.
  ///   - position: seq of the last event that is seen.
  public init(
    _ contact: Contact, run: Run?, actor: Int64? = nil, position: Int64, moment: Timestamp, timeline: Timeline,
    rules: Rules, _ db: Connection
  ) {
    (self.timeline, self.rules, stored, self.run, actorRow) = (timeline, rules, contact, run, actor)
    (self.position, self.moment, self.db) = (position, moment, db)
    (zone, self.contact) = (contact.zone ?? rules.shopZone, contact.json)
  }

  public func events(
    of type: String, since: Timestamp, until: Timestamp, _ visit: (EventFact) throws -> Bool
  ) throws {
    let number = try db.first("SELECT id FROM event_types WHERE name = $1", [.text(type)]) { $0.int(0) }
    guard let number else { return }
    let events = TimelineEvents(
      timeline, contact: stored.row, type: type, number: number, until: until, position: position, db)
    try events.each(since: since, visit)
  }

  public func messages() throws -> [MessageState] {
    try run.map { try MessageStates.read(of: $0.id, by: moment, db) } ?? []
  }

  public func consents(to channel: String) throws -> Bool {
    Permission.consents(said: try lastWord(on: channel)?.granted, to: channel, rules)
  }

  /// What he had said of the channel; nil: nothing.
  func lastWord(on channel: String) throws -> (granted: Bool, at: Timestamp)? {
    let sql = """
      SELECT granted, at FROM consent_proofs
      WHERE contact = $1 AND channel = $2 AND purpose = 'marketing' AND recorded_at <= $3
      ORDER BY at DESC, id DESC LIMIT 1
      """
    let parameters: [SQLValue] = [.int(stored.row), .text(channel), .int(moment.milliseconds)]
    return try db.first(sql, parameters) { ($0.bool(0), Timestamp(milliseconds: $0.int(1))) }
  }

  public func isReachable(over channel: String) throws -> Bool {
    try stored.address(for: channel) != nil && suppression(on: channel, for: .transactional) == nil
  }

  /// What stood against his address.
  func suppression(on channel: String, for purpose: Purpose) throws -> Suppression? {
    guard let address = stored.address(for: channel) else { return nil }
    return try Suppressions().page(after: nil, limit: 100, address: address, db).first { suppression in
      suppression.at <= moment && suppression.channel ?? channel == channel
        && (suppression.reach == .all || suppression.reach.rawValue == purpose.rawValue)
    }
  }

  public func isMember(of list: String) throws -> Bool {
    try exists(
      "SELECT 1 FROM list_members WHERE contact = $1 AND list = $2 AND added_at <= $3", list)
  }

  public func isInside(_ chain: String) throws -> Bool {
    try exists(
      """
      SELECT 1 FROM runs JOIN chains ON chains.number = runs.chain
      WHERE contact = $1 AND chains.id = $2 AND entered_at <= $3 AND (ended_at IS NULL OR ended_at > $3) LIMIT 1
      """, chain)
  }

  /// By the condition that the segment has today.
  public func membership(in segment: String) throws -> SegmentMembership {
    guard let condition = try SegmentStore().segment(segment, db)?.condition else { return .known(false) }
    return .described(by: condition)
  }

  public func hasRelation(_ kind: String) throws -> Bool {
    try exists("SELECT 1 FROM relations WHERE contact = $1 AND kind = $2 AND at <= $3 LIMIT 1", kind)
  }

  private func exists(_ sql: String, _ name: String) throws -> Bool {
    try db.first(sql, [.int(stored.row), .text(name), .int(moment.milliseconds)]) { _ in true } ?? false
  }

  public func actor() throws -> TriggerActor {
    guard let row = actorRow, row != stored.row else { return .himself }
    guard let contact = try People().contact(row, db) else { return .gone }
    return .other(
      PastView(contact, run: nil, position: position, moment: moment, timeline: timeline, rules: rules, db))
  }

  public func price(of channel: String) -> JSONNumber? {
    rules.price(of: channel)
  }

  public func variant(of step: String) throws -> String? {
    try run.flatMap { try Variants().given(to: stored.row, chain: $0.chain, step: step, db) }
  }

  public func winner(of step: String) throws -> String? {
    try run.flatMap { try Variants().winner(chain: $0.chain, step: step, db) }
  }

  public func figure(of step: String, _ outcome: String) throws -> Int64 {
    guard let run else { return 0 }
    let sql = "SELECT sum(count) FROM chain_counters WHERE chain = $1 AND step = $2 AND outcome = $3"
    return try db.first(sql, [.int(run.chain), .text(step), .text(outcome)]) { $0.optionalInt(0) ?? 0 } ?? 0
  }

  public func readingHours(before now: Timestamp) throws -> [Int]? { try ReadingHours.counted(by: self, before: now) }

  public var rfmRule: RfmRule { rules.rfm }

  /// By what is still on record of his purchases, and the boundaries that had been taken.
  public func rfm(at now: Timestamp) throws -> RfmState? {
    guard let boundaries = try RfmVersions().newest(by: moment, db) else { return nil }
    let figures = try RfmFigures(of: purchases(until: now, limit: .max), by: rules.rfm)
    return figures.map { boundaries.state(of: $0, at: now) }
  }

  public func averageGap(of type: String, where match: Match?, amongMembersOf segment: String) throws -> Double? {
    let wanted = AverageWanted(segment: segment, type: type, match: match)
    return try SegmentAverages().figure(wanted, by: moment, db)?.average.map(Double.init)
  }
}
