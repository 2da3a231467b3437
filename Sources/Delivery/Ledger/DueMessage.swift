import Domain
import SQL

/// A planned message whose time has come.
struct DueMessage {
  let id: Int64
  let run: Int64
  let chain: Int64
  let version: Int64
  let step: Int
  let label: String
  let contact: Int64
  let channel: String
  let purpose: Purpose
  let template: String
  let attempts: Int
  let dueAt: Timestamp
  let expiresAt: Timestamp
  /// What held it last; nil: nothing has.
  let heldBy: String?

  private static let columns = """
    m.id, m.run, m.chain, m.version, m.step, m.label, m.contact, m.channel, m.purpose, m.template, m.attempts, m.due_at, \
    m.expires_at, m.held_by
    """

  private static let dueOfChannel = Query(
    """
    SELECT \(columns) FROM messages m WHERE status = 'planned' AND channel = $1 AND due_at IS NOT NULL AND due_at <= $2
    ORDER BY due_at, id LIMIT $3
    """)

  /// The oldest first.
  static func due(_ channel: String, through now: Timestamp, limit: Int, _ db: Connection) throws -> [DueMessage] {
    let bind = { (statement: Statement) in
      statement.bind(1, channel)
      statement.bind(2, now.milliseconds)
      statement.bind(3, limit)
    }
    return try db.query(dueOfChannel, bind, read: read)
  }

  /// The channels that have planned messages: one index seek each, however many messages wait.
  static func channels(_ db: Connection) throws -> [String] {
    let sql = """
      SELECT channel FROM messages WHERE status = 'planned' AND due_at IS NOT NULL AND channel > $1
      ORDER BY channel LIMIT 1
      """
    var channels: [String] = []
    while let next = try db.first(sql, [.text(channels.last ?? "")], { $0.text(0) }) { channels.append(next) }
    return channels
  }

  /// Planned messages that must not leave any more.
  static func expired(through now: Timestamp, limit: Int, _ db: Connection) throws -> [DueMessage] {
    let sql = """
      SELECT \(columns) FROM messages m WHERE status = 'planned' AND due_at IS NOT NULL AND expires_at <= $1
      ORDER BY expires_at, id LIMIT $2
      """
    return try db.query(sql, [.int(now.milliseconds), .int(limit)], read)
  }

  private static let rivals = Query(
    """
    SELECT \(columns) FROM (SELECT id AS run, step FROM runs WHERE contact = $1 AND state = 'active' LIMIT $3) r
    CROSS JOIN messages m ON m.run = r.run AND m.step = r.step
    WHERE m.status = 'planned' AND m.purpose = 'marketing' AND m.due_at <= $2 ORDER BY m.id
    """)
  /// Runs of one contact that are looked through: a robot may have thousands.
  private static let rivalsLimit = 200

  /// The contact's marketing messages that are due, at which his runs stand.
  static func marketing(to contact: Int64, through now: Timestamp, _ db: Connection) throws -> [DueMessage] {
    let bind = { (statement: Statement) in
      statement.bind(1, contact)
      statement.bind(2, now.milliseconds)
      statement.bind(3, rivalsLimit)
    }
    return try db.query(rivals, bind, read: read)
  }

  static func nextExpiry(_ db: Connection) throws -> Int64? {
    let sql = """
      SELECT expires_at FROM messages WHERE status = 'planned' AND due_at IS NOT NULL ORDER BY expires_at LIMIT 1
      """
    return try db.first(sql, []) { $0.int(0) }
  }

  static func nextDue(_ channel: String, _ db: Connection) throws -> Timestamp? {
    let sql = """
      SELECT due_at FROM messages WHERE status = 'planned' AND channel = $1 AND due_at IS NOT NULL
      ORDER BY due_at LIMIT 1
      """
    return try db.first(sql, [.text(channel)]) { Timestamp(milliseconds: $0.int(0)) }
  }

  private static func read(_ row: Row) -> DueMessage {
    DueMessage(
      id: row.int(0), run: row.int(1), chain: row.int(2), version: row.int(3), step: Int(row.int(4)),
      label: row.text(5), contact: row.int(6), channel: row.text(7),
      purpose: Purpose(rawValue: row.text(8)) ?? .marketing, template: row.text(9), attempts: Int(row.int(10)),
      dueAt: Timestamp(milliseconds: row.int(11)), expiresAt: Timestamp(milliseconds: row.int(12)),
      heldBy: row.optionalText(13))
  }
}
