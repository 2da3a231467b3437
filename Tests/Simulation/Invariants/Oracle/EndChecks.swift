import Delivery
import Domain
import SQL

/// How messages end: each for a reason that is recorded and true at that moment, and none is put off without a cause.
final class EndChecks {
  private struct Row {
    let channel: String
    let purpose: Purpose
    let status: String
    let error: String?
    let attempts: Int
    let plannedAt: Int64
    let dueAt: Int64?
    let expiresAt: Int64
    let heldBy: String?
    let address: String?
    let isSuppressed: Bool
    /// What the contact has said of marketing over the channel.
    let said: Bool?
    let isArchived: Bool
    /// When the run came to the message; nil: it stands elsewhere.
    let reachedAt: Int64?
    let zone: Zone?
    /// The event that the run was entered by is deleted.
    let isBygone: Bool
    /// Of the contact.
    let keys: [String]
  }

  private static let hour: Int64 = 3_600_000
  private static let day = 24 * hour
  /// A calendar day is an hour or two shorter or longer where clocks change.
  private static let bend = 2 * hour
  private let db: Connection
  private let rules: Rules
  private let erased: Erased
  /// The latest that the clock has shown.
  private var latestWall: Int64 = 0

  init(_ db: Connection, _ rules: Rules, _ erased: Erased) {
    (self.db, self.rules, self.erased) = (db, rules, erased)
  }

  /// A message is new, or its status another.
  /// - Parameter isFixed: of the fixed chain, whose runs nothing stops and nobody takes back.
  /// - Returns: `sent`, `skipped no_address` …; nil when it has not ended.
  func check(_ move: BookWatch.Move, isFixed: Bool, _ world: World, _ life: Life) throws -> String? {
    latestWall = max(latestWall, world.clock.wall)
    let isEnd = ["sent", "failed", "skipped", "unknown"].contains(move.to)
    guard isEnd || (isFixed && move.isNew), let row = try row(move.message), !excuses(row)
    else { return nil }
    if isFixed, move.isNew { try checkPlan(move.message, row) }
    guard isEnd else { return nil }
    let handOvers = world.provider.handOvers(of: move.message)
    let isTrue =
      switch row.status {
      case "sent": move.from == "unknown" || handOvers.contains { $0.isTold && $0.isAccepted }
      case "failed": hasFailed(row, handOvers)
      case "unknown": row.attempts > 0 && (handOvers.last?.isDoubtful(life.number) ?? true)
      case "skipped": isDeserved(row, isFixed: isFixed)
      default: true
      }
    let name = row.status == "skipped" ? "skipped \(row.error ?? "")" : row.status
    guard isTrue else {
      throw Violation(
        "a message ends for a true reason", "message \(move.message), \(name) over \(row.channel), \(row.purpose)")
    }
    return name
  }

  /// He has been erased, or is to be: nobody knows him as he was.
  private func excuses(_ row: Row) -> Bool {
    !erased.isEmpty && (row.keys.isEmpty || row.keys.contains { erased.mayLack($0) })
  }

  private func hasFailed(_ row: Row, _ handOvers: [Provider.HandOver]) -> Bool {
    guard let last = handOvers.last else { return false }
    switch last.answer {
    case .handed(.rejected), .unrenderable: if last.isTold { return true }
    default: break
    }
    return row.attempts >= rules.channels[row.channel]?.maxAttempts ?? 1
  }

  private func isDeserved(_ row: Row, isFixed: Bool) -> Bool {
    switch row.error {
    case "no_address": row.address == nil
    case "suppressed": row.isSuppressed
    case "no_consent":
      row.purpose == .marketing && !(row.said ?? (rules.channels[row.channel]?.consent != .optIn))
    case "hold": latestWall >= row.expiresAt
    case "archived": row.isArchived && !isFixed
    // Found so late when it was planned: checked there.
    case "late": !isFixed || row.purpose == .marketing
    // A person may ask for a message again whose run is long over.
    case "gone": !isFixed || row.isBygone
    default: !isFixed
    }
  }

  /// A message of the fixed chain as it was asked for.
  private func checkPlan(_ message: Int64, _ row: Row) throws {
    let hold = row.purpose == .marketing ? Self.day : 7 * Self.day
    guard abs(row.expiresAt - row.plannedAt - hold) <= Self.bend else {
      throw Violation("a message has its time", "message \(message), planned \(row.plannedAt), \(row.expiresAt)")
    }
    guard let reachedAt = row.reachedAt else { return }
    let lateness = row.plannedAt - reachedAt
    let isLate = row.status == "skipped" && row.error == "late"
    let isTrue =
      isLate ? lateness >= Self.day - Self.bend : row.purpose != .marketing || lateness <= Self.day + Self.bend
    guard isTrue else {
      throw Violation(
        "what comes too late is left out", "message \(message), \(lateness) ms, \(row.error ?? "planned")")
    }
  }

  /// A message of the fixed chain that waits does so for what the provider or the hours say.
  /// - Returns: false when the message is gone.
  func checkPutOff(_ message: Int64, _ world: World) throws -> Bool {
    guard let row = try row(message), !excuses(row) else { return false }
    let wall = world.clock.wall
    guard row.status == "planned", let due = row.dueAt, due > wall else { return true }
    func isClosed() -> Bool {
      guard row.purpose == .marketing, let hours = rules.channels[row.channel]?.hours else { return false }
      let zone = row.zone ?? rules.shopZone
      let minute = zone.local(Timestamp(milliseconds: wall)).minuteOfDay
      return !HandOverChecks.isInside(minute, hours.text)
    }
    let isTrue: Bool
    if !world.provider.handOvers(of: message).isEmpty {
      // The longest pause, and a fifth; or the hours, which come once a day.
      isTrue = due <= wall + (row.purpose == .marketing ? Self.day + Self.bend : 2 * Self.hour) || due == row.expiresAt
    } else {
      let isCapped = row.heldBy?.hasPrefix("cap ") == true && !rules.caps.isEmpty && row.purpose == .marketing
      isTrue = (isCapped || (row.heldBy == "hours" && isClosed())) && due <= row.expiresAt
    }
    guard isTrue || world.weather.setsClock else {
      throw Violation("no message is put off without a cause", "message \(message), to \(due), it is \(wall)")
    }
    return true
  }

  private func row(_ message: Int64) throws -> Row? {
    let address = "CASE m.channel WHEN 'email' THEN c.email ELSE c.phone END"
    let sql = """
      SELECT m.channel, m.purpose, m.status, m.error, m.attempts, m.planned_at, m.due_at, m.expires_at, m.held_by,
        \(address), EXISTS (
          SELECT 1 FROM suppressions s
          WHERE s.address = \(address) AND s.channel IN ('', m.channel) AND s.purpose IN ('all', m.purpose)),
        (SELECT granted FROM consents g
          WHERE g.contact = m.contact AND g.channel = m.channel AND g.purpose = 'marketing'),
        (SELECT status FROM chains n WHERE n.number = m.chain) = 'archived',
        CASE r.step WHEN m.step THEN r.step_at END, c.time_zone,
        NOT EXISTS (SELECT 1 FROM events e WHERE e.seq = r.trigger_seq),
        c.external_id, c.email, c.phone, c.anonymous_id
      FROM messages m LEFT JOIN contacts c ON c.id = m.contact LEFT JOIN runs r ON r.id = m.run WHERE m.id = $1
      """
    return try db.first(sql, [.int(message)]) { row in
      Row(
        channel: row.text(0), purpose: Purpose(rawValue: row.text(1)) ?? .marketing,
        status: row.text(2), error: row.optionalText(3), attempts: Int(row.int(4)), plannedAt: row.int(5),
        dueAt: row.optionalInt(6), expiresAt: row.int(7), heldBy: row.optionalText(8), address: row.optionalText(9),
        isSuppressed: row.bool(10), said: row.optionalInt(11).map { $0 != 0 }, isArchived: row.bool(12),
        reachedAt: row.optionalInt(13), zone: row.optionalText(14).flatMap { Zone($0) }, isBygone: row.bool(15),
        keys: (16...19).compactMap { row.optionalText($0) })
    }
  }
}

extension Provider.HandOver {
  /// Nobody knows what became of it: the far side says so, or whoever had it at hand is dead.
  fileprivate func isDoubtful(_ life: Int) -> Bool {
    if case .handed(.unknown) = answer, isTold { return true }
    return self.life < life
  }
}
