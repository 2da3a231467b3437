import Domain
import JSON
public import SQL

/// Rows of `contacts`.
extension People {
  static let columns =
    "id, external_id, email, phone, anonymous_id, addresses, time_zone, locale, attributes, first_seen_at, updated_at"

  static func read(_ row: Row) throws -> Contact {
    Contact(
      row: row.int(0), externalID: row.optionalText(1), email: row.optionalText(2), phone: row.optionalText(3),
      anonymousID: row.optionalText(4), addresses: try object(row, 5),
      zone: row.optionalText(6).flatMap(Zone.init), locale: row.optionalText(7),
      attributes: try object(row, 8), firstSeenAt: Timestamp(milliseconds: row.int(9)),
      updatedAt: Timestamp(milliseconds: row.int(10)))
  }

  private static let pageAfter = Query("SELECT \(columns) FROM contacts WHERE id > $1 ORDER BY id LIMIT $2")

  /// In the order in which they were made.
  public func page(after row: Int64, limit: Int, _ db: Connection) throws -> [Contact] {
    let bind = { (statement: Statement) in
      statement.bind(1, row)
      statement.bind(2, limit)
    }
    return try db.query(Self.pageAfter, bind) { try Self.read($0) }
  }

  private static let last = Query("SELECT id FROM contacts ORDER BY id DESC LIMIT 1")

  /// The contact made last; 0: there is none.
  public func newest(_ db: Connection) throws -> Int64 { try db.first(Self.last, { _ in }) { $0.int(0) } ?? 0 }

  private static let among = Query("SELECT \(columns) FROM contacts WHERE id BETWEEN $1 AND $2 ORDER BY id")

  /// Those of such contacts.id that there are.
  public func contacts(_ rows: ClosedRange<Int64>, _ db: Connection) throws -> [Contact] {
    let bind = { (statement: Statement) in
      statement.bind(1, rows.lowerBound)
      statement.bind(2, rows.upperBound)
    }
    return try db.query(Self.among, bind) { try Self.read($0) }
  }

  /// Cost: 50 ms for two millions.
  public func count(_ db: Connection) throws -> Int {
    try db.first("SELECT count(*) FROM contacts") { Int($0.int(0)) } ?? 0
  }

  private static let insertion = Query(
    """
    INSERT INTO contacts (id, external_id, email, phone, anonymous_id, first_seen_at, updated_at)
    VALUES (1 + coalesce((SELECT max(id) FROM (
        SELECT max(id) AS id FROM contacts UNION ALL SELECT last FROM gone_contacts) AS ids), 0),
      $1, $2, $3, $4, $5, $5)
    """)

  /// A number that was a contact's once is never another's.
  func insert(_ keys: ContactKeys, at moment: Timestamp, _ db: Connection) throws -> Int64 {
    try db.run(Self.insertion) { row in
      row.bind(1, keys.id)
      row.bind(2, keys.email)
      row.bind(3, keys.phone)
      row.bind(4, keys.anonymousID)
      row.bind(5, moment.milliseconds)
    }
    return db.lastInsertedRow
  }

  func update(_ contact: Contact, _ db: Connection) throws {
    try db.run(
      """
      UPDATE contacts SET external_id = $2, email = $3, phone = $4, anonymous_id = $5, addresses = $6, time_zone = $7,
        locale = $8, attributes = $9, updated_at = $10
      WHERE id = $1
      """,
      [
        .int(contact.row), .optional(contact.externalID), .optional(contact.email), .optional(contact.phone),
        .optional(contact.anonymousID), .text(JSONValue.object(contact.addresses).text),
        .optional(contact.zone?.identifier), .optional(contact.locale),
        .text(JSONValue.object(contact.attributes).text), .int(contact.updatedAt.milliseconds),
      ])
  }

  /// Most contacts have none of either: the parser is not asked.
  private static func object(_ row: Row, _ column: Int) throws -> JSONObject {
    try row.withText(column) { $0.count <= 2 ? [:] : try JSONValue(parsing: Array($0), limits: .stored).object ?? [:] }
  }
}
