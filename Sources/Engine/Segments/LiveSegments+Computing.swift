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
    try beginAnewForZone(db)
    leaving = try db.query("SELECT number FROM segments WHERE state = 'leaving' ORDER BY number", []) { $0.int(0) }
    if !catalog.entries.contains(where: { $0.state == .live }) { known = try people.newest(db) }
  }

  /// The rows that stand for the `when` of chains: new ones are computed, those that are gone let go.
  private func keepWhens(
    now: Timestamp, _ db: Connection
  ) throws -> [Int64: (when: SegmentCatalog.When, condition: Condition)] {
    var rows: [TimedTrigger.Key: (number: Int64, document: String)] = [:]
    let sql = "SELECT number, chain, trigger, document FROM segments WHERE chain IS NOT NULL AND state <> 'leaving'"
    for (number, chain, trigger, document) in try db.query(
      sql, [], { ($0.int(0), $0.int(1), $0.text(2), $0.text(3)) })
    {
      rows[TimedTrigger.Key(chain: chain, name: trigger)] = (number, document)
    }
    var found: [Int64: (SegmentCatalog.When, Condition)] = [:]
    for trigger in try TimedTrigger.live(in: views.catalog, db) {
      guard case .when(let condition, _) = trigger.kind else { continue }
      let document = condition.text
      let known = rows.removeValue(forKey: trigger.key)
      let number: Int64
      if let known, known.document == document {
        number = known.number
      } else if let known {
        number = known.number
        try db.run(
          "UPDATE segments SET document = $2, state = 'computing', walked = 0, updated_at = $3 WHERE number = $1",
          [.int(number), .text(document), .int(now.milliseconds)])
      } else {
        try db.run(
          """
          INSERT INTO segments (chain, trigger, document, revision, state, walked, members, zone, created_at, updated_at)
          VALUES ($1, $2, $3, 1, 'computing', 0, 0, '', $4, $4)
          """, [.int(trigger.key.chain), .text(trigger.key.name), .text(document), .int(now.milliseconds)])
        number = db.lastInsertedRow
      }
      let when = SegmentCatalog.When(
        chain: trigger.key.chain, chainID: trigger.version.id, trigger: trigger.key.name, isPaused: trigger.isPaused)
      found[number] = (when, condition)
    }
    for (_, row) in rows {
      try db.run(
        "UPDATE segments SET state = 'leaving', chain = NULL, trigger = NULL WHERE number = $1", [.int(row.number)])
    }
    return found
  }

  /// The shop has moved: for contacts without a zone of their own days begin at another moment.
  private func beginAnewForZone(_ db: Connection) throws {
    let zone = views.rules.shopZone.identifier
    for (place, entry) in catalog.entries.enumerated() where entry.dependsOnZone && entry.state == .live {
      let sql = "UPDATE segments SET state = 'computing', walked = 0 WHERE number = $1 AND zone <> $2"
      if try db.run(sql, [.int(entry.number), .text(zone)]) == 1 { catalog.set(place, state: .computing, walked: 0) }
    }
  }

  /// - Parameters:
  ///   - limit: contacts that are looked at, at most; at least a page of them, whatever `isOver` says.
  ///   - isOver: whether the round's time is up.
  func compute(now: Timestamp, limit: Int, isOver: () -> Bool, _ db: Connection) throws {
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
    try greet(to: newest, now: now, &left, isOver: isOver, db)
    // Those that have come equally far go on together: a contact's past is read once for all of them.
    let computing = catalog.entries.indices.filter { catalog.entries[$0].state == .computing }
    let groups = Dictionary(grouping: computing) { catalog.entries[$0].walked }
    for (walked, places) in groups.sorted(by: { $0.key > $1.key }) {
      try compute(places, after: walked, to: newest, now: now, &left, isOver: isOver, db)
    }
  }

  /// Contacts of whom no event has come yet.
  private func greet(
    to newest: Int64, now: Timestamp, _ left: inout Int, isOver: () -> Bool, _ db: Connection
  ) throws {
    while known < newest {
      if left <= 0 || isOver() {
        hasSlicesLeft = true
        return
      }
      let contacts = try people.page(after: known, limit: min(Self.page, left), db)
      for contact in contacts { try ask(allOf: contact.row, now: now, .event, wall: now, db) }
      known = contacts.last?.row ?? newest
      left -= max(1, contacts.count)
    }
  }

  private func compute(
    _ places: [Int], after first: Int64, to newest: Int64, now: Timestamp, _ left: inout Int, isOver: () -> Bool,
    _ db: Connection
  ) throws {
    var walked = first
    while walked < newest {
      if left <= 0 || isOver() {
        hasSlicesLeft = true
        break
      }
      let contacts = try people.page(after: walked, limit: min(Self.page, left), db)
      for contact in contacts { try ask(Set(places), of: contact.row, now: now, .computed, wall: now, db) }
      walked = contacts.last?.row ?? newest
      left -= max(1, contacts.count)
    }
    // Those who have come meanwhile are greeted by all that are live.
    let isLive = walked >= newest && known >= newest
    for place in places { try note(place, isLive: isLive, walked: walked, now: now, db) }
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
        .text(views.rules.shopZone.identifier),
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
