import SQL

/// Figures follow the messages they count, from step to step: what has changed is looked at, and the places it touches.
final class BookWatch {
  private struct Place: Hashable {
    let chain: Int64
    let version: Int64
    let label: String
  }

  private struct Outcome: Hashable {
    let place: Place
    let status: String
  }

  private struct Standing: Hashable {
    let channel: String
    let status: String
  }

  private struct Message {
    let outcome: Outcome
    let standing: Standing
    let run: Int64
  }

  /// A message that is new, gone, or has another status.
  struct Move {
    let message: Int64
    let chain: Int64
    let run: Int64
    let from: String?
    let to: String?

    var isNew: Bool { from == nil }
  }

  /// Found in the last check.
  private(set) var moves: [Move] = []
  private let db: Connection
  private var messages: [Int64: Message] = [:]
  private var planned: [Place: Int64] = [:]
  private var outcomes: [Outcome: Int64] = [:]
  private var standings: [Standing: Int64] = [:]
  /// Outcomes of places that were touched since the last rest.
  private var touched: Set<Outcome> = []

  init(_ db: Connection) { self.db = db }

  /// At any moment: every message was counted when it was planned, and stands in one status.
  /// - Parameter changed: the messages to look at, nil: all.
  func check(changed: Set<Int64>?) throws {
    guard let changed else {
      let all = try db.query("SELECT id FROM messages") { $0.int(0) }
      return try check(changed: Set(all).union(messages.keys))
    }
    var (places, channels): (Set<Place>, Set<Standing>) = ([], [])
    moves = []
    for id in changed {
      let sql = "SELECT chain, version, label, channel, status, run FROM messages WHERE id = $1"
      let now = try db.first(sql, [.int(id)]) { row in
        let place = Place(chain: row.int(0), version: row.int(1), label: row.text(2))
        return Message(
          outcome: Outcome(place: place, status: row.text(4)),
          standing: Standing(channel: row.text(3), status: row.text(4)), run: row.int(5))
      }
      for (message, sign) in [(messages[id], -1), (now, 1)] as [(Message?, Int64)] {
        guard let message else { continue }
        planned[message.outcome.place, default: 0] += sign
        outcomes[message.outcome, default: 0] += sign
        standings[message.standing, default: 0] += sign
        places.insert(message.outcome.place)
        channels.insert(message.standing)
        touched.insert(message.outcome)
      }
      note(id, from: messages[id], to: now)
      messages[id] = now
    }
    for place in places {
      try check(place, "planned", planned[place] ?? 0, "every planned message is counted")
      let open = ["planned", "sending"].reduce(0) { $0 + (outcomes[Outcome(place: place, status: $1)] ?? 0) }
      try check(place, "pending", open, "every message that is not over is counted")
      try checkBalance(of: place)
    }
    for standing in channels {
      let sql = "SELECT count FROM message_counters WHERE channel = $1 AND status = $2"
      let counted = try db.first(sql, [.text(standing.channel), .text(standing.status)]) { $0.int(0) } ?? 0
      let retired = "SELECT sum(count) FROM retired_messages WHERE channel = $1 AND status = $2"
      let rows =
        try (standings[standing] ?? 0)
        + (db.first(retired, [.text(standing.channel), .text(standing.status)]) { $0.int(0) } ?? 0)
      guard counted == rows else {
        throw Violation("messages are counted by status", "\(standing): \(rows), counted \(counted)")
      }
    }
  }

  private func note(_ id: Int64, from before: Message?, to after: Message?) {
    guard let message = after ?? before, before?.standing.status != after?.standing.status else { return }
    moves.append(
      Move(
        message: id, chain: message.outcome.place.chain, run: message.run, from: before?.standing.status,
        to: after?.standing.status))
  }

  /// With the log read to its end: planned = sent + failed + skipped + unknown + pending, for each step.
  func checkRest() throws {
    for outcome in touched where ["sent", "failed", "skipped", "unknown"].contains(outcome.status) {
      try check(outcome.place, outcome.status, outcomes[outcome] ?? 0, "the books balance")
      try check(outcome.place, "unread", 0, "the books balance")
    }
    touched = []
  }

  /// At any moment planned = sent + failed + skipped + unknown + pending + unread.
  private func checkBalance(of place: Place) throws {
    let sql = """
      SELECT sum(CASE WHEN outcome = 'planned' THEN count ELSE -count END) FROM chain_counters
      WHERE chain = $1 AND version = $2 AND step = $3
        AND outcome IN ('planned', 'sent', 'failed', 'skipped', 'unknown', 'pending', 'unread')
      """
    let excess =
      try db.first(sql, [.int(place.chain), .int(place.version), .text(place.label)]) { $0.int(0) } ?? 0
    guard excess == 0 else { throw Violation("the books balance", "\(place): \(excess) too many planned") }
  }

  /// Rows, and those that were there until retention deleted them.
  private func check(_ place: Place, _ outcome: String, _ rows: Int64, _ invariant: String) throws {
    let retired = """
      SELECT sum(count) FROM retired_messages
      WHERE chain = $1 AND version = $2 AND label = $3 AND ($4 = 'planned' OR status = $4)
      """
    let rows =
      try rows
      + (db.first(retired, [.int(place.chain), .int(place.version), .text(place.label), .text(outcome)]) { $0.int(0) }
        ?? 0)
    let sql = "SELECT count FROM chain_counters WHERE chain = $1 AND version = $2 AND step = $3 AND outcome = $4"
    let counted = try db.first(
      sql, [.int(place.chain), .int(place.version), .text(place.label), .text(outcome)]
    ) { $0.int(0) }
    guard rows == counted ?? 0 else {
      throw Violation(invariant, "\(place), \(outcome): \(rows), counted \(counted ?? 0)")
    }
  }
}
