public import Domain
public import JSON
public import SQL

/// Everything that happened to a contact, the newest first. Stateless: works over the connection it is given.
public struct ContactHistory: Sendable {
  public init() {}

  public struct Entry: Sendable {
    public let position: Position
    public let type: String
    /// The sender's own id, if it gave one.
    public let id: String?
    /// A JSON object.
    public let properties: JSONValue

    public var json: JSONValue {
      var object: JSONObject = ["type": .string(type), "at": .string(position.at.rfc3339)]
      object["id"] = id.map(JSONValue.string)
      object["properties"] = properties
      return .object(object)
    }
  }

  /// A place in the order of `at`, then of the log.
  public struct Position: Sendable, Hashable {
    public var at: Timestamp
    public var seq: Int64

    public init(at: Timestamp, seq: Int64) { (self.at, self.seq) = (at, seq) }
  }

  /// From before `position` on. Cost: the contact's own events.
  public func page(
    of contact: Int64, before position: Position?, limit: Int, _ db: Connection
  ) throws -> [Entry] {
    let position = position ?? Position(at: Timestamp(milliseconds: .max), seq: .max)
    return try db.query(
      """
      SELECT page.at, page.seq, event_types.name, events.id, events.properties
      FROM (
        SELECT type, at, seq FROM timeline WHERE contact = $1 AND (at, seq) < ($2, $3)
        ORDER BY at DESC, seq DESC LIMIT $4
      ) AS page
      JOIN events ON events.seq = page.seq
      JOIN event_types ON event_types.id = page.type
      ORDER BY page.at DESC, page.seq DESC
      """,
      [.int(contact), .int(position.at.milliseconds), .int(position.seq), .int(limit)]
    ) { row in
      Entry(
        position: Position(at: Timestamp(milliseconds: row.int(0)), seq: row.int(1)), type: row.text(2),
        id: row.optionalText(3),
        properties: row.isNull(4) ? .object([:]) : try JSONValue(parsing: row.textBytes(4), limits: .stored))
    }
  }

  /// The properties of the newest event of a type, an object; nil when there was none.
  public func latest(_ type: String, of contact: Int64, _ db: Connection) throws -> JSONValue? {
    let sql = """
      SELECT events.properties FROM timeline JOIN events ON events.seq = timeline.seq
      WHERE timeline.contact = $1 AND timeline.type = (SELECT id FROM event_types WHERE name = $2)
      ORDER BY timeline.at DESC, timeline.seq DESC LIMIT 1
      """
    return try db.first(sql, [.int(contact), .text(type)]) { row in
      row.isNull(0) ? .object([:]) : try JSONValue(parsing: row.textBytes(0), limits: .stored)
    }
  }
}
