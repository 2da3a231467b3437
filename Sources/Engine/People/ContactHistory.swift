public import Domain
public import JSON
public import SQL

/// Everything that happened to a contact, the newest first. Works over the connection it is given.
public struct ContactHistory: Sendable {
  private let timeline: Timeline

  public init(_ timeline: Timeline) { self.timeline = timeline }

  public struct Entry: Sendable {
    public let position: LogMoment
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

  /// From before `position` on. Cost: the contact's own events.
  public func page(
    of contact: Int64, before position: LogMoment?, limit: Int, _ db: Connection
  ) throws -> [Entry] {
    var position = position ?? LogMoment(at: Timestamp(milliseconds: .max), seq: .max)
    var entries: [Entry] = []
    while entries.count < limit {
      let places = try places(of: contact, before: position, limit: limit, db)
      for place in places where entries.count < limit {
        if let entry = try entry(place, db) { entries.append(entry) }
      }
      guard places.count == limit, let last = places.last else { break }
      position = last
    }
    return entries
  }

  private func places(
    of contact: Int64, before position: LogMoment, limit: Int, _ db: Connection
  ) throws -> [LogMoment] {
    // First what is in memory: see `Timeline.fresh`.
    let fresh = timeline.fresh(of: contact, since: Timestamp(milliseconds: .min), until: position.at)
      .map { LogMoment(at: $0.at, seq: $0.seq) }.filter { $0 < position }
    let sql = """
      SELECT at, seq FROM timeline WHERE contact = $1 AND (at, seq) < ($2, $3) ORDER BY at DESC, seq DESC LIMIT $4
      """
    let parameters: [SQLValue] = [
      .int(contact), .int(position.at.milliseconds), .int(position.seq), .int(limit),
    ]
    let merged = try db.query(sql, parameters) { row in
      LogMoment(at: Timestamp(milliseconds: row.int(0)), seq: row.int(1))
    }
    if fresh.isEmpty { return merged }
    return Array(Set(fresh + merged).sorted(by: >).prefix(limit))
  }

  /// Nil: it was deleted, or its commit is still to come.
  private func entry(_ place: LogMoment, _ db: Connection) throws -> Entry? {
    let sql = """
      SELECT event_types.name, events.id, events.properties
      FROM events JOIN event_types ON event_types.id = events.type WHERE events.seq = $1
      """
    return try db.first(sql, [.int(place.seq)]) { row in
      Entry(
        position: place, type: row.text(0), id: row.optionalText(1),
        properties: row.isNull(2) ? .object([:]) : try JSONValue(parsing: row.textBytes(2), limits: .stored))
    }
  }

  /// The properties of the newest event of a type, an object; nil when there was none.
  public func latest(_ type: String, of contact: Int64, _ db: Connection) throws -> JSONValue? {
    let number = try db.first("SELECT id FROM event_types WHERE name = $1", [.text(type)]) { $0.int(0) }
    guard let number else { return nil }
    let fresh = timeline.fresh(
      of: contact, type: number, since: Timestamp(milliseconds: .min), until: Timestamp(milliseconds: .max))
    let sql = """
      SELECT at, seq FROM timeline WHERE contact = $1 AND type = $2 ORDER BY at DESC, seq DESC LIMIT $3
      """
    // Some may have been deleted since.
    let merged = try db.query(sql, [.int(contact), .int(number), .int(Self.latestTried)]) { row in
      LogMoment(at: Timestamp(milliseconds: row.int(0)), seq: row.int(1))
    }
    let places = Set(merged + fresh.map { LogMoment(at: $0.at, seq: $0.seq) })
    for place in places.sorted(by: >) {
      if let entry = try entry(place, db) { return entry.properties }
    }
    return nil
  }

  private static let latestTried = 16
}
