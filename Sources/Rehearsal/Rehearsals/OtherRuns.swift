import Domain
import SQL

/// Who was inside the other chains that this one asks for, at each moment: what the live file remembers of their runs. They
/// only stand there; no step of theirs is walked.
final class OtherRuns {
  private static let most = 2_000

  private struct Change {
    let at: Timestamp
    let run: Int64
    let row: [SQLValue]?
  }

  private let past: any Past
  private let wish: RehearsalWish
  private let chains: Set<String>
  private let db: Connection
  /// Still to come, the last first.
  private var changes: [Change] = []

  /// - Parameter chains: their ids.
  init(_ past: any Past, _ wish: RehearsalWish, chains: Set<String>, _ db: Connection) {
    (self.past, self.wish, self.db) = (past, wish, db)
    self.chains = chains.subtracting([wish.chain])
  }

  var isIdle: Bool { chains.isEmpty }

  /// When somebody comes into one or leaves it next.
  var next: Timestamp? { changes.last?.at }

  /// - Parameter now: who is inside then is so at once.
  func bring(_ contacts: [Int64], now: Timestamp) throws {
    guard !isIdle, !contacts.isEmpty else { return }
    let sql = """
      SELECT r.id, r.chain, r.contact, r.key, r.entered_at, r.ended_at FROM runs r JOIN chains c ON c.number = r.chain
      WHERE r.contact = $1 AND c.id = $2 AND r.entered_at <= $3 AND (r.ended_at IS NULL OR r.ended_at > $4)
      ORDER BY r.id DESC LIMIT \(Self.most)
      """
    let found = try past.read { [wish, chains] live in
      try contacts.flatMap { contact in
        try chains.sorted().flatMap { chain in
          try live.query(
            sql, [.int(contact), .text(chain), .int(wish.to.milliseconds), .int(now.milliseconds)]
          ) { row in
            (values: row.values, entered: row.int(4), ended: row.optionalInt(5))
          }
        }
      }
    }
    for (values, entered, ended) in found {
      guard case .int(let id)? = values.first else { continue }
      changes.append(Change(at: Timestamp(milliseconds: entered), run: id, row: Array(values.prefix(5))))
      if let ended { changes.append(Change(at: Timestamp(milliseconds: ended), run: id, row: nil)) }
    }
    changes.sort { ($1.at, $1.run) < ($0.at, $0.run) }
    try happen(through: now)
  }

  /// What has come to pass by then.
  func happen(through now: Timestamp) throws {
    guard let next, next <= now else { return }
    try db.transaction {
      while let change = changes.last, change.at <= now {
        changes.removeLast()
        if let row = change.row {
          try db.run(Self.insertion, row)
        } else {
          try db.run(
            "UPDATE runs SET state = 'ended', ended_at = $2 WHERE id = $1",
            [.int(change.run), .int(change.at.milliseconds)])
        }
      }
    }
  }

  /// Of no version, so that nothing moves it.
  private static let insertion = """
    INSERT OR IGNORE INTO runs (id, chain, contact, key, entered_at, version, once, exclusive, state, step, entry_at,
      entry_seq, trigger_seq, step_at, step_seq, data, marks)
    VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 'active', 0, $5, 0, 0, $5, 0, '{}', '{}')
    """
}
