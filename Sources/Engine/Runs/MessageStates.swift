import Domain
import SQL

/// What is known of a run's messages.
enum MessageStates {
  /// In the order of their planning, with what had happened to them by `moment`.
  static func read(of run: Int64, by moment: Timestamp = Timestamp(milliseconds: .max), _ db: Connection) throws
    -> [MessageState]
  {
    let sql = """
      SELECT step, status, sent_at, delivered_at, opened_at, machine_opened_at, clicked_at, bounced_at, answered_at
      FROM messages WHERE run = $1 AND planned_at <= $2 ORDER BY id
      """
    return try db.query(sql, [.int(run), .int(moment.milliseconds)]) { row in
      func past(_ column: Int) -> Timestamp? {
        row.optionalInt(column).map { Timestamp(milliseconds: $0) }.flatMap { $0 <= moment ? $0 : nil }
      }
      return MessageState(
        step: Int(row.int(0)), isOver: !["planned", "sending"].contains(row.text(1)), sentAt: past(2),
        deliveredAt: past(3), openedAt: past(4), machineOpenedAt: past(5), clickedAt: past(6), bouncedAt: past(7),
        answeredAt: past(8))
    }
  }
}
