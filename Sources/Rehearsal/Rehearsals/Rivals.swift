import Delivery
import Domain
import Engine
import Ingest
import JSON
import SQL

/// Messages of other chains that want the same slots of the caps: each is planned when it was, and the rehearsal's own gate
/// decides anew who leaves. Of its chain it needs the priority, the hours and the hold, and nothing of the way that led to
/// it: a chain of one step stands in for it.
final class Rivals {
  private static let most = 500
  private static let template = "rival"

  private struct Rival: Sendable {
    let id: Int64
    let contact: Int64
    let chain: Int64
    let version: Int64
    let step: Int
    let label: String
    let channel: String
    let plannedAt: Timestamp
    let expiresAt: Timestamp
    let status: String
    let error: String?
    /// Between its claim and its end, in milliseconds.
    let took: Int64
    /// When its run took it back.
    let withdrawnAt: Timestamp?
    /// The chain itself had planned a message that wants a slot at that very moment, and before it.
    let comesSecond: Bool
  }

  private struct Origin: Hashable {
    let chain: Int64
    let version: Int64
    let step: Int
  }

  private enum Change {
    case planned(Rival, version: Int64)
    case withdrawn(Int64)
  }

  private let past: any Past
  private let wish: RehearsalWish
  private let channels: Set<String>
  private let priority: Int
  private let world: World
  /// Still to come, the last first; what comes second acts once the rest of its moment has.
  private var changes: [(at: Timestamp, comesSecond: Bool, what: Change)] = []
  /// The version in the world that stands for a step of one in the live file.
  private var standIns: [Origin: (version: Int64, priority: Int)] = [:]
  /// By messages.id in the live file, and in the world.
  private var known: Set<Int64> = []
  private var messages: [Int64: Int64] = [:]
  private var rivals: [Int64: Rival] = [:]

  /// - Parameter priority: of the chain that is rehearsed.
  init(_ past: any Past, _ wish: RehearsalWish, _ world: World, priority: Int) {
    (self.past, self.wish, self.world, self.priority) = (past, wish, world, priority)
    channels = Set(world.setting.rules.caps.flatMap(\.channels))
  }

  var isIdle: Bool { channels.isEmpty }

  /// When the next one is planned or taken back.
  var next: Timestamp? { changes.last?.at }
  /// Whether the rest of that moment acts before.
  var nextComesSecond: Bool { changes.last?.comesSecond ?? false }

  /// Whether a message of the live file is one of them: what became of it is decided here.
  func contains(_ message: Int64?) -> Bool { message.map(known.contains) ?? false }

  // MARK: - Reading

  /// - Parameter now: what had left by then has come with the contacts' pasts.
  func bring(_ contacts: [Int64], now: Timestamp) throws {
    guard !isIdle, !contacts.isEmpty else { return }
    let found = try past.read { [wish] live in
      try contacts.flatMap { try Self.read($0, wish, now: now, live) }
    }
    for rival in found where !known.contains(rival.id) && channels.contains(rival.channel) {
      guard let standIn = try standIn(for: rival) else { continue }
      known.insert(rival.id)
      // Of equals the first planned leaves first; between others their priority decides, once both are there.
      let comesSecond = rival.comesSecond && standIn.priority == priority
      changes.append((max(rival.plannedAt, now), comesSecond, .planned(rival, version: standIn.version)))
      if let end = rival.withdrawnAt { changes.append((max(end, now), true, .withdrawn(rival.id))) }
    }
    changes.sort { ($1.at, $1.comesSecond ? 1 : 0) < ($0.at, $0.comesSecond ? 1 : 0) }
  }

  private static func read(
    _ contact: Int64, _ wish: RehearsalWish, now: Timestamp, _ live: Connection
  ) throws -> [Rival] {
    let sql = """
      SELECT m.id, m.contact, m.chain, m.version, m.step, m.label, m.channel, m.planned_at, m.expires_at, m.status,
        m.error, m.sending_at, m.sent_at, CASE WHEN r.reason IN ('stopped', 'left', 'archived', 'restarted') THEN
        r.ended_at END, EXISTS (SELECT 1 FROM messages o WHERE o.contact = m.contact AND o.chain = $2
        AND o.purpose = 'marketing' AND o.planned_at = m.planned_at AND o.id < m.id)
      FROM messages m LEFT JOIN runs r ON r.id = m.run
      WHERE m.contact = $1 AND m.chain <> $2 AND m.purpose = 'marketing' AND m.planned_at <= $3
        AND (m.sent_at > $4 OR (m.sent_at IS NULL AND m.expires_at > $4
          AND (m.status IN ('planned', 'sending', 'failed') OR m.held_by LIKE 'cap %')))
      ORDER BY m.id LIMIT \(most)
      """
    let parameters: [SQLValue] = [
      .int(contact), .int(wish.number), .int(wish.to.milliseconds), .int(now.milliseconds),
    ]
    return try live.query(sql, parameters) { row in
      Rival(
        id: row.int(0), contact: row.int(1), chain: row.int(2), version: row.int(3), step: Int(row.int(4)),
        label: row.text(5), channel: row.text(6), plannedAt: Timestamp(milliseconds: row.int(7)),
        expiresAt: Timestamp(milliseconds: row.int(8)), status: row.text(9), error: row.optionalText(10),
        took: max(0, (row.optionalInt(12) ?? 0) - (row.optionalInt(11) ?? row.optionalInt(12) ?? 0)),
        withdrawnAt: row.optionalInt(13).map { Timestamp(milliseconds: $0) }, comesSecond: row.bool(14))
    }
  }

  /// Nil where its chain's version cannot be read: then it counts from when it left.
  private func standIn(for rival: Rival) throws -> (version: Int64, priority: Int)? {
    let key = Origin(chain: rival.chain, version: rival.version, step: rival.step)
    if let known = standIns[key] { return known }
    let text = try past.read { live in
      try live.first(
        "SELECT document FROM chain_versions WHERE chain = $1 AND version = $2", [.int(key.chain), .int(key.version)]
      ) { $0.text(0) }
    }
    let limits = JSONLimits(maxDepth: ChainStore.documentDepth)
    guard let text, let document = try? JSONDocument(parsing: Array(text.utf8), limits: limits),
      let chain = ChainParser.parse(document).chain, let send = chain.send(at: rival.step)
    else { return nil }
    var step: JSONObject = ["send": .string(rival.channel), "template": .string(Self.template)]
    step["hold"] = .string(send.hold.text)
    var standIn: JSONObject = [
      "enter": ["api": true], "reenter": "always", "late": "send", "priority": .number(JSONNumber(chain.priority)),
      "steps": [.object(step)],
    ]
    standIn["hours"] = chain.hours.map { .string($0.text) }
    let version = Int64(standIns.count + 1)
    if standIns.isEmpty { try world.save(template: Self.template, #"{"text":"-"}"#) }
    try world.perform { db, now in
      try db.run(
        "INSERT INTO chain_versions (chain, version, document, published_at) VALUES ($1, $2, $3, $4)",
        [.int(key.chain), .int(version), .text(JSONValue.object(standIn).text), .int(now.milliseconds)])
      try db.run(
        "UPDATE chains SET status = 'live', live_version = $2 WHERE number = $1", [.int(key.chain), .int(version)])
    }
    standIns[key] = (version, chain.priority)
    return (version, chain.priority)
  }

  // MARK: - Acting

  /// What has come to pass by then.
  func happen(through now: Timestamp) throws {
    let isSecond = nextComesSecond
    while let change = changes.last, change.at <= now, change.comesSecond == isSecond {
      changes.removeLast()
      switch change.what {
      case .planned(let rival, let version): try plan(rival, version)
      case .withdrawn(let id):
        guard let message = messages[id] else { break }
        _ = try world.write { db, _ in
          try db.run(
            "UPDATE messages SET status = 'skipped', error = 'stopped', due_at = NULL WHERE id = $1 AND status = 'planned'",
            [.int(message)])
        }
      }
    }
  }

  private func plan(_ rival: Rival, _ version: Int64) throws {
    let message = try world.write { db, now in
      let event = IncomingEvent(type: "rival.planned", contact: rival.contact)
      let seq = try world.log.append(own: [event], now: now.milliseconds, db).first ?? 0
      try db.run(
        """
        INSERT INTO runs (chain, version, contact, key, once, exclusive, state, step, entered_at, entry_at, entry_seq,
          trigger_seq, step_at, step_seq, data, marks)
        VALUES ($1, $2, $3, '', 0, 0, 'active', 0, $4, $4, $5, $5, $4, $5, '{}', '{}')
        """,
        [.int(rival.chain), .int(version), .int(rival.contact), .int(now.milliseconds), .int(seq)])
      try db.run(
        """
        INSERT INTO messages (run, chain, version, step, label, contact, channel, purpose, template, status, planned_at,
          due_at, expires_at)
        VALUES ($1, $2, $3, 0, $4, $5, $6, 'marketing', '\(Self.template)', 'planned', $7, $7, $8)
        """,
        [
          .int(db.lastInsertedRow), .int(rival.chain), .int(version), .text(rival.label), .int(rival.contact),
          .text(rival.channel), .int(rival.plannedAt.milliseconds), .int(rival.expiresAt.milliseconds),
        ])
      return db.lastInsertedRow
    }
    messages[rival.id] = message
    rivals[message] = rival
  }

  /// As it ended then, as long after its claim; nil: it is none of these.
  func answer(_ claim: Claim, _ now: Timestamp) -> (answer: HandOver, at: Timestamp)? {
    guard let rival = rivals[claim.message] else { return nil }
    let at = now + rival.took
    return switch rival.status {
    case "failed": (.rejected(reason: rival.error ?? "rejected"), now)
    case "unknown": (.unknown(reason: rival.error ?? "unknown"), at)
    default: (.accepted(providerID: nil), at)
    }
  }
}
