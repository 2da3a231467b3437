public import Domain
import Engine
public import SQL

extension TaskStore {
  private static let columns = """
    t.id, t.message, t.contact, t.channel, t.queue, t.address, t.subject, t.text, t.status, t.operator, \
    t.claimed_until, t.deadline, t.outcome, t.note, t.created_at, t.completed_at
    """

  public func task(_ id: Int64, now: Timestamp, _ db: Connection) throws -> OperatorTask? {
    try db.first("SELECT \(Self.columns) FROM tasks t WHERE t.id = $1", [.int(id)]) { try read($0, now: now, db) }
  }

  /// By id, from after `id` on. A claim that has run out counts as open.
  public func page(
    queue: String?, status: OperatorTask.Status?, after id: Int64, limit: Int, now: Timestamp, _ db: Connection
  ) throws -> [OperatorTask] {
    let stored: String
    switch status {
    case nil: stored = "1"
    case .open: stored = "(t.status = 'open' OR (t.status = 'claimed' AND t.claimed_until <= $4))"
    case .claimed: stored = "(t.status = 'claimed' AND t.claimed_until > $4)"
    case .done, .expired: stored = "t.status = $5"
    }
    let sql = """
      SELECT \(Self.columns) FROM tasks t
      WHERE t.id > $1 AND ($2 IS NULL OR t.queue = $2) AND \(stored) AND $4 IS NOT NULL AND ($5 IS NULL OR $5 <> '')
      ORDER BY t.id LIMIT $3
      """
    return try db.query(
      sql, [.int(id), .optional(queue), .int(limit), .int(now.milliseconds), .optional(status?.rawValue)]
    ) { try read($0, now: now, db) }
  }

  private func read(_ row: Row, now: Timestamp, _ db: Connection) throws -> OperatorTask {
    func moment(_ column: Int) -> Timestamp? { row.optionalInt(column).map { Timestamp(milliseconds: $0) } }
    let claimedUntil = moment(10)
    var status = OperatorTask.Status(rawValue: row.text(8)) ?? .open
    if status == .claimed, claimedUntil.map({ $0 <= now }) ?? true { status = .open }
    let isHeld = status == .claimed
    return OperatorTask(
      id: row.int(0), message: row.int(1), contact: try People().contact(row.int(2), db)?.publicID ?? "",
      channel: row.text(3), queue: row.text(4), address: row.text(5), subject: row.optionalText(6), text: row.text(7),
      status: status, operatorName: isHeld || status == .done ? row.optionalText(9) : nil,
      claimedUntil: isHeld ? claimedUntil : nil, deadline: moment(11), outcome: row.optionalText(12),
      note: row.optionalText(13), createdAt: moment(14) ?? now, completedAt: moment(15))
  }
}
