import Domain
import SQL

/// A message that was planned and will not leave, with the reason that the ledger gives.
struct UnsentMessage: Sendable {
  let message: TestMessage
  let reason: String

  /// More than this a failing test does not show.
  private static let most = 200

  /// When it was dropped is told by the server's own event.
  static func all(in world: World) throws -> [UnsentMessage] {
    let sql = """
      SELECT e.accepted_at, m.channel, m.template, m.error, coalesce(c.external_id, c.email, c.phone, c.anonymous_id, '')
      FROM messages m JOIN events e ON e.message = m.id JOIN event_types t ON t.id = e.type
      JOIN contacts c ON c.id = m.contact
      WHERE m.status IN ('skipped', 'failed') AND t.name IN ('message.skipped', 'message.failed')
      ORDER BY e.seq LIMIT $1
      """
    return try world.db.query(sql, [.int(most)]) { row in
      UnsentMessage(
        message: TestMessage(
          at: Timestamp(milliseconds: row.int(0)), channel: row.text(1), template: row.text(2), contact: row.text(4)),
        reason: row.optionalText(3) ?? "unknown")
    }
  }
}
