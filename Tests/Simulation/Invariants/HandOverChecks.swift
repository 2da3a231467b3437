import Delivery
import Domain
import Ingest
import JSON
import SQL

/// What has just been handed over: once, with the intent on disk, to somebody who may get it, at a time when he may.
final class HandOverChecks {
  private struct Row {
    let status: String
    let attempts: Int
    let address: String?
    let run: Int64
    let chain: Int64
    /// That its run walks.
    let version: Int64
    let contact: Int64
    let plannedAt: Int64
    let expiresAt: Int64
  }

  private let db: Connection
  private let documents: Documents
  private let rules: Rules
  private let erased: Erased
  /// Of what was handed over, as long as it was there.
  private var plannedAt: [Int64: Int64] = [:]

  init(_ db: Connection, _ documents: Documents, _ rules: Rules, _ erased: Erased) {
    (self.db, self.documents, self.rules, self.erased) = (db, documents, rules, erased)
  }

  func check(_ handOver: Provider.HandOver, _ world: World, _ life: Life) throws {
    let claim = handOver.claim
    func broken(_ invariant: String, _ detail: String = "") -> Violation {
      Violation(
        invariant, "message \(claim.message), try \(claim.attempt), \(claim.channel) to \(claim.address) \(detail)")
    }
    let found = try row(claim.message)
    if let found { plannedAt[claim.message] = found.plannedAt }
    guard let row = found, row.status == "sending", row.attempts == claim.attempt else {
      throw broken("the intent is on disk before the hand-over")
    }
    guard life.hold.fact == nil else { throw broken("a held copy sends nothing") }
    guard !erased.isErased(claim.address) else { throw broken("nobody who was erased is written to") }
    try checkOnce(handOver, world, broken)
    guard claim.attempt <= rules.channels[claim.channel]?.maxAttempts ?? 0 else {
      throw broken("tries are limited")
    }
    let publicID = claim.values["contact"]?["id"]?.string
    guard try row.contact == survivor(claim.contact), row.address == claim.address, publicID == claim.contactID else {
      throw broken("a message is its contact's own", "values of \(publicID ?? "nobody")")
    }
    guard row.plannedAt <= handOver.wall, handOver.wall < row.expiresAt else {
      throw broken(
        "a message leaves in its time", "planned \(row.plannedAt), expires \(row.expiresAt), now \(handOver.wall)")
    }
    guard try status(row.chain) != "paused", try status(row.chain) != "archived" else {
      throw broken("a paused chain sends nothing")
    }
    if let held = life.heldUntil[claim.channel], handOver.wall < held, !world.weather.setsClock {
      throw broken("a provider that asks for patience gets it", "held until \(held), now \(handOver.wall)")
    }
    if claim.purpose == .marketing { try checkMarketing(handOver, row, world, broken) }
    if try isSuppressed(claim, purposes: ["all"]) { throw broken("no hand-over after a suppression") }
    try checkStops(handOver, row, broken)
  }

  /// Every row that says `sending` is at hand: nothing was forgotten between the commit and the connection.
  func checkAtHand(_ life: Life) throws {
    let sending = Set(try db.query("SELECT id FROM messages WHERE status = 'sending'") { $0.int(0) })
    life.dispatch.unsettled.formIntersection(sending)
    guard life.dispatch.fate == .alive, let lost = sending.subtracting(life.dispatch.unsettled).min() else { return }
    throw Violation("what is sending is at hand", "message \(lost)")
  }

  /// At rest nothing waits that could leave: it is not due, has no free connection, or its channel is held.
  func checkNothingDue(_ life: Life, wall: Int64) throws {
    let due = try db.query("SELECT channel, id FROM messages WHERE status = 'planned' AND due_at <= $1", [.int(wall)]) {
      (channel: $0.text(0), id: $0.int(1))
    }
    for message in due where life.dispatch.free(message.channel) > 0 && life.heldUntil[message.channel] ?? 0 <= wall {
      throw Violation("what is due acts at once", "message \(message.id) over \(message.channel), at \(wall)")
    }
  }

  /// After a start: what the far side was handed lately stands in the ledger, whatever the disk has been through.
  func checkIntents(_ provider: Provider, lastLife life: Int, wall: Int64) throws {
    // An hour or two, since clocks are set.
    let kept = rules.retention.messages.map {
      RetentionPolicy.limit($0, at: Timestamp(milliseconds: wall)).milliseconds + 2 * 3_600_000
    }
    for handOver in provider.handOvers.suffix(50) {
      let sql = "SELECT attempts, planned_at FROM messages WHERE id = $1"
      let attempts = try db.first(sql, [.int(handOver.claim.message)]) { row in
        plannedAt[handOver.claim.message] = row.int(1)
        return Int(row.int(0))
      }
      if attempts == nil, erased.mayLack(handOver.claim.address) { continue }
      if attempts == nil, let kept, plannedAt[handOver.claim.message] ?? .max <= kept { continue }
      // Whose end was heard may have been taken back since, or asked for anew by a person.
      guard let attempts, handOver.isTold || handOver.life < life || attempts >= handOver.claim.attempt else {
        throw Violation("the intent is on disk before the hand-over", "message \(handOver.claim.message)")
      }
    }
  }

  /// Nobody who has read that he is unsubscribed is forgotten.
  func checkDenials(_ shop: Shop) throws {
    for denial in shop.denials {
      let sql = "SELECT 1 FROM suppressions WHERE address = $1 AND channel IN ('', $2)"
      if try db.first(sql, [.text(denial.address), .text(denial.channel)], { _ in true }) != nil { continue }
      guard try isKeptByHash(denial) else {
        throw Violation("no acknowledged unsubscribe is lost", "\(denial.channel) \(denial.address)")
      }
    }
  }

  /// It outlives the person.
  private func isKeptByHash(_ denial: Shop.Denial) throws -> Bool {
    let hash = SQLValue.blob(Tombstones(secret: Erased.secret).hash(.address, denial.address).bytes)
    let sql = "SELECT 1 FROM suppressed_hashes WHERE hash = $1 AND channel IN ('', $2)"
    return try db.first(sql, [hash, .text(denial.channel)]) { _ in true } ?? false
  }

  // MARK: - Once

  private func checkOnce(
    _ handOver: Provider.HandOver, _ world: World, _ broken: (String, String) -> Violation
  ) throws {
    let all = world.provider.handOvers(of: handOver.claim.message)
    guard let index = all.firstIndex(where: { $0.number == handOver.number }), index > 0 else { return }
    let before = all[index - 1]
    if world.provider.retriesAsked.contains(.init(message: handOver.claim.message, after: index)) { return }
    let knowsKeys = SimulatedDispatch.lines[handOver.claim.channel]?.mayRepeat ?? false
    switch before.answer {
    case .handed(.retry), .handed(.throttled), .untouched, .unready: if before.isTold { return }
    case .handed(.unknown): if knowsKeys { return }
    case .handed(.accepted), .handed(.rejected), .unrenderable: break
    }
    // The process that had it at hand is dead, and the far side knows the key.
    if knowsKeys, before.life != handOver.life { return }
    throw broken(
      "a message is handed over once", "again in life \(handOver.life) after \(before.answer) in \(before.life)")
  }

  // MARK: - Permission

  private func checkMarketing(
    _ handOver: Provider.HandOver, _ row: Row, _ world: World, _ broken: (String, String) -> Violation
  ) throws {
    let claim = handOver.claim
    if try isSuppressed(claim, purposes: ["all", "marketing"]) { throw broken("no hand-over after a suppression", "") }
    if world.shop.hasDenied(claim.channel, claim.address) { throw broken("no hand-over after an unsubscribe", "") }
    let isHeldOut = try db.first("SELECT held_out FROM runs WHERE id = $1", [.int(row.run)]) { $0.bool(0) }
    guard isHeldOut == false else { throw broken("who is held out gets no marketing", "") }
    let said = try db.first(
      "SELECT granted FROM consents WHERE contact = $1 AND channel = $2 AND purpose = 'marketing'",
      [.int(row.contact), .text(claim.channel)]
    ) { $0.bool(0) }
    guard said ?? (rules.channels[claim.channel]?.consent != .optIn) else {
      throw broken("no hand-over without consent", "")
    }
    let zone = try zone(row.contact)
    let minute = zone.local(Timestamp(milliseconds: handOver.wall)).minuteOfDay
    let hours = try documents.version(row.chain, row.version).document["hours"]?.string
    for span in [rules.channels[claim.channel]?.hours?.text, hours].compactMap({ $0 })
    where !Self.isInside(minute, span) {
      throw broken("marketing keeps its hours", "minute \(minute) of \(zone.identifier) is not in \(span)")
    }
  }

  /// `09:00..20:00`, its last minute inside, over midnight too.
  static func isInside(_ minute: Int, _ span: String) -> Bool {
    let parts = span.split(separator: ".").map { $0.split(separator: ":").compactMap { Int($0) } }
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }) else { return false }
    let (from, to) = (parts[0][0] * 60 + parts[0][1], parts[1][0] * 60 + parts[1][1])
    return from < to ? minute >= from && minute <= to : minute >= from || minute <= to
  }

  private func isSuppressed(_ claim: Claim, purposes: [String]) throws -> Bool {
    let sql = "SELECT purpose FROM suppressions WHERE address = $1 AND channel IN ('', $2)"
    return try db.query(sql, [.text(claim.address), .text(claim.channel)]) { $0.text(0) }.contains(
      where: purposes.contains)
  }

  // MARK: - Reasons to stop

  /// Rows that the timeline holds in the order of the log, as whose they are.
  static let fresh = """
    SELECT coalesce(m.survivor, f.contact), f.type, f.at, f.seq
    FROM fresh_timeline f LEFT JOIN merged_contacts m ON m.contact = f.contact
    """

  /// Plain reasons are worked out here a second time, from the log alone.
  private func checkStops(_ handOver: Provider.HandOver, _ row: Row, _ broken: (String, String) -> Violation) throws {
    let stops = try documents.version(row.chain, row.version).document["stop_when"]
    let conditions = stops?.array ?? [stops].compactMap { $0 }
    for condition in conditions {
      guard let type = condition["did"]?.string, condition["within"] == nil, condition["since"] == nil,
        condition["times"] == nil
      else { continue }
      let sql = """
        SELECT e.properties, (SELECT f.properties FROM events f WHERE f.seq = r.trigger_seq)
        FROM runs r JOIN (
          SELECT contact, type, at, seq FROM timeline UNION \(Self.fresh)
        ) t ON t.contact = r.contact JOIN events e ON e.seq = t.seq
        JOIN event_types y ON y.id = t.type
        WHERE r.id = $1 AND y.name = $2 AND t.at <= $3 AND (t.at, t.seq) > (r.entry_at, r.entry_seq)
        """
      try db.each(sql, [.int(row.run), .text(type), .int(handOver.wall)]) { found in
        let event = try Self.object(found.textBytes(0))
        let trigger = try Self.object(found.textBytes(1))
        if Self.fits(event, condition, trigger) { throw broken("no hand-over once the run is to stop", condition.text) }
        return true
      }
    }
  }

  private static func object(_ bytes: [UInt8]) throws -> JSONValue {
    bytes.isEmpty ? .object([:]) : try JSONValue(parsing: bytes)
  }

  private static func fits(_ event: JSONValue, _ condition: JSONValue, _ trigger: JSONValue) -> Bool {
    if condition["same"] != nil {
      guard let wanted = trigger["cart_id"]?.string, event["cart_id"]?.string == wanted else { return false }
    }
    for (word, operand) in condition["where"]?["total"]?.object ?? [:] {
      guard let total = event["total"]?.number?.int, let bound = operand.number?.int else { return false }
      switch word {
      case ">=": if total < bound { return false }
      case ">": if total <= bound { return false }
      default: if total >= bound { return false }
      }
    }
    return true
  }

  // MARK: - Rows

  private func row(_ message: Int64) throws -> Row? {
    let sql = """
      SELECT m.status, m.attempts, m.address, m.run, m.chain, r.version, m.contact, m.planned_at, m.expires_at
      FROM messages m JOIN runs r ON r.id = m.run WHERE m.id = $1
      """
    return try db.first(sql, [.int(message)]) {
      Row(
        status: $0.text(0), attempts: Int($0.int(1)), address: $0.optionalText(2), run: $0.int(3), chain: $0.int(4),
        version: $0.int(5), contact: $0.int(6), plannedAt: $0.int(7), expiresAt: $0.int(8))
    }
  }

  private func survivor(_ contact: Int64) throws -> Int64 {
    try db.first("SELECT survivor FROM merged_contacts WHERE contact = $1", [.int(contact)]) { $0.int(0) } ?? contact
  }

  private func status(_ chain: Int64) throws -> String? {
    try db.first("SELECT status FROM chains WHERE number = $1", [.int(chain)]) { $0.text(0) }
  }

  private func zone(_ contact: Int64) throws -> Zone {
    try db.first("SELECT time_zone FROM contacts WHERE id = $1", [.int(contact)]) { $0.optionalText(0) }
      .flatMap { $0 }.flatMap { Zone($0) } ?? rules.shopZone
  }
}
