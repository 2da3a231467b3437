import Domain
import SQL

/// The first look at everybody, a slice a round.
extension LiveSegments {
  private static let page = 64
  /// Rows of a segment that is gone, in a round.
  private static let letGo = 512

  /// Once the catalog of chains was read anew.
  func refresh(now: Timestamp, _ db: Connection) throws {
    known = try Facts.read(Self.knownFact, db).flatMap { Int64($0) } ?? 0
    storedKnown = known
    unquiet()
    try catalog.refresh(try keepWhens(now: now, db), purchase: views.rules.rfm.event, db)
    try beginAnewForRules(db)
    leaving = try db.query("SELECT number FROM segments WHERE state = 'leaving' ORDER BY number", []) { $0.int(0) }
    if !catalog.entries.contains(where: { $0.state == .live }) { known = try people.newest(db) }
  }

  /// The rows that stand for the `when` of chains: new ones are computed, those that are gone let go.
  private func keepWhens(
    now: Timestamp, _ db: Connection
  ) throws -> [Int64: (when: SegmentCatalog.When, condition: Condition)] {
    let sql = "SELECT number, chain, trigger FROM segments WHERE chain IS NOT NULL AND state <> 'leaving'"
    let stored = try db.query(sql, []) { (TimedTrigger.Key(chain: $0.int(1), name: $0.text(2)), $0.int(0)) }
    var rows = Dictionary(stored) { $1 }
    var found: [Int64: (SegmentCatalog.When, Condition)] = [:]
    for trigger in try TimedTrigger.live(in: views.catalog, db) {
      guard case .when(let condition, _) = trigger.kind else { continue }
      let number = try rows.removeValue(forKey: trigger.key) ?? insert(trigger.key, condition, now: now, db)
      let when = SegmentCatalog.When(
        chain: trigger.key.chain, chainID: trigger.version.id, trigger: trigger.key.name, isPaused: trigger.isPaused)
      found[number] = (when, condition)
    }
    for number in rows.values.sorted() {
      try db.run(
        "UPDATE segments SET state = 'leaving', chain = NULL, trigger = NULL WHERE number = $1", [.int(number)])
    }
    return found
  }

  private func insert(
    _ key: TimedTrigger.Key, _ condition: Condition, now: Timestamp, _ db: Connection
  ) throws -> Int64 {
    try db.run(
      """
      INSERT INTO segments (chain, trigger, document, revision, state, walked, members, zone, created_at, updated_at)
      VALUES ($1, $2, $3, 1, 'computing', 0, 0, '', $4, $4)
      """, [.int(key.chain), .text(key.name), .text(condition.text), .int(now.milliseconds)])
    return db.lastInsertedRow
  }

  /// What the configuration says is part of the answers: the shop's zone, whose consent is needed, what a purchase is.
  private func beginAnewForRules(_ db: Connection) throws {
    for (place, entry) in catalog.entries.enumerated() where entry.state == .live {
      let sql = "UPDATE segments SET state = 'computing', walked = 0 WHERE number = $1 AND zone <> $2"
      if try db.run(sql, [.int(entry.number), .text(rulesAsked)]) == 1 {
        catalog.set(place, state: .computing, walked: 0)
      }
    }
  }

  private var rulesAsked: String {
    let rules = views.rules
    let consents = rules.channels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.consent)" }
    return ([rules.shopZone.identifier, rules.rfm.event] + consents).joined(separator: " ")
  }

  /// - Parameters:
  ///   - acted: when the last event from outside that has acted was accepted.
  ///   - limit: contacts that are looked at, at most; at least a page of them, whatever `isOver` says.
  ///   - isOver: whether the round's time is up.
  func compute(now: Timestamp, acted: Timestamp?, limit: Int, isOver: () -> Bool, _ db: Connection) throws {
    hasSlicesLeft = false
    if catalog.isEmpty, leaving.isEmpty { return }
    try letSomeGo(db)
    let newest = try people.newest(db)
    var left = limit
    var isBegun = false
    let isOver = {
      defer { isBegun = true }
      return isBegun && isOver()
    }
    // Not before what has acted: conditions see no event of a later moment.
    let (wall, now) = (now, max(now, acted ?? now))
    try greet(to: newest, now: now, wall: wall, &left, isOver: isOver, db)
    // Those that have come equally far go on together: a contact's past is read once for all of them.
    let computing = catalog.entries.indices.filter { catalog.entries[$0].state == .computing }
    let groups = Dictionary(grouping: computing) { catalog.entries[$0].walked }
    for (walked, places) in groups.sorted(by: { $0.key > $1.key }) {
      try compute(places, after: walked, to: newest, now: now, wall: wall, &left, isOver: isOver, db)
    }
  }

  /// Contacts of whom no event has come yet.
  private func greet(
    to newest: Int64, now: Timestamp, wall: Timestamp, _ left: inout Int, isOver: () -> Bool, _ db: Connection
  ) throws {
    while known < newest {
      if left <= 0 || isOver() {
        hasSlicesLeft = true
        return
      }
      let contacts = try people.page(after: known, limit: min(Self.page, left), db)
      for contact in contacts { try askAlone(nil, of: contact.row, now: now, .event, wall: wall, db) }
      known = contacts.last?.row ?? newest
      left -= max(1, contacts.count)
    }
  }

  private func compute(
    _ places: [Int], after first: Int64, to newest: Int64, now: Timestamp, wall: Timestamp, _ left: inout Int,
    isOver: () -> Bool, _ db: Connection
  ) throws {
    var walked = first
    while walked < newest {
      if left <= 0 || isOver() {
        hasSlicesLeft = true
        break
      }
      let contacts = try people.page(after: walked, limit: min(Self.page, left), db)
      for contact in contacts { try askAlone(Set(places), of: contact.row, now: now, .computed, wall: wall, db) }
      walked = contacts.last?.row ?? newest
      left -= max(1, contacts.count)
    }
    // Those who have come meanwhile are greeted by all that are live.
    let isLive = walked >= newest && known >= newest
    for place in places { try note(place, isLive: isLive, walked: walked, now: now, db) }
    // Who waited for them has a round more.
    if isLive { hasSlicesLeft = true }
  }

  private func note(_ place: Int, isLive: Bool, walked: Int64, now: Timestamp, _ db: Connection) throws {
    catalog.set(place, state: isLive ? .live : .computing, walked: walked)
    try db.run(
      """
      UPDATE segments SET walked = $2, state = $3, zone = $4, computed_at = CASE WHEN $3 = 'live' THEN $5 ELSE computed_at END
      WHERE number = $1
      """,
      [
        .int(catalog.entries[place].number), .int(walked), .text(isLive ? "live" : "computing"),
        .text(rulesAsked),
        .int(now.milliseconds),
      ])
  }

  private func letSomeGo(_ db: Connection) throws {
    guard let number = leaving.first else { return }
    hasSlicesLeft = true
    guard try memberships.drop(of: number, limit: Self.letGo, db) < Self.letGo else { return }
    leaving.removeFirst()
    try db.run("DELETE FROM segments WHERE number = $1", [.int(number)])
  }
}
