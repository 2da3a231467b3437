public import Domain
import Engine
import HTTP
public import JSON
public import SQL

/// Who changed what, and when: a row for each call that changes something a person has decided, written in the change's
/// own transaction. What shops post by the thousand (events, profiles, consents) has logs of its own.
public struct AuditTrail: Sendable {
  public struct Entry: Sendable {
    public let id: Int64
    public let at: Timestamp
    public let key: String
    public let keyName: String?
    public let action: String
    public let object: JSONValue
    /// The contact's public id; nil: it was about nobody, or he was erased.
    public let contact: String?
    public let isAboutContact: Bool
    public let status: Int
    public let revision: String?

    public var json: JSONValue {
      var entry: JSONObject = [
        "id": .string(String(id)), "at": .string(at.rfc3339), "key": .string(key),
        "key_name": keyName.map(JSONValue.string) ?? .null, "action": .string(action), "object": object,
      ]
      if isAboutContact { entry["contact"] = contact.map(JSONValue.string) ?? .null }
      entry["status"] = .number(JSONNumber(status))
      entry["revision"] = revision.map(JSONValue.string) ?? .null
      return .object(entry)
    }
  }

  public init() {}

  /// What the server does by itself at its start, in the open transaction.
  public func note(_ action: String, object: JSONObject = [:], now: Int64, _ db: Connection) throws {
    try insert(action, key: "", name: nil, object: object, contact: nil, status: 200, revision: nil, now: now, db)
  }

  /// The same, unless it is there already, word for word. Cost: a walk through the whole trail.
  public func noteOnce(_ action: String, object: JSONObject, now: Int64, _ db: Connection) throws {
    let text = JSONValue.object(object).text
    let sql = "SELECT 1 FROM audit WHERE action = $1 AND object = $2 LIMIT 1"
    guard try db.first(sql, [.text(action), .text(text)], { _ in true }) == nil else { return }
    try note(action, object: object, now: now, db)
  }

  /// A call that was begun and is answered by itself.
  func note(_ call: Call, _ action: String, now: Int64, _ db: Connection) throws {
    let key = call.caller?.keyID ?? ""
    let name = try db.first("SELECT name FROM api_keys WHERE id = $1", [.text(key)]) { $0.text(0) }
    try insert(action, key: key, name: name, object: [:], contact: nil, status: 200, revision: nil, now: now, db)
  }

  /// A call that has changed something, in the open transaction.
  /// - Parameter contact: contacts.id, as it was before the change.
  func note(
    _ call: Call, _ route: Route, _ answer: Response, contact: Int64?, now: Int64, _ db: Connection
  ) throws {
    let key = call.caller?.keyID ?? ""
    let name = try db.first("SELECT name FROM api_keys WHERE id = $1", [.text(key)]) { $0.text(0) }
    var object = JSONObject()
    for place in route.pattern.placeNames where !route.namesContact(place) { object[place] = .string(call[place]) }
    // What was made here and got its id just now.
    if let made = answer.header("Location")?.split(separator: "/").last { object["id"] = .string(String(made)) }
    try insert(
      "\(route.method) \(route.pattern.text)", key: key, name: name, object: object, contact: contact,
      status: answer.status, revision: answer.header("ETag").map(Revision.edited), now: now, db)
  }

  private func insert(
    _ action: String, key: String, name: String?, object: JSONObject, contact: Int64?, status: Int, revision: String?,
    now: Int64, _ db: Connection
  ) throws {
    try db.run(
      """
      INSERT INTO audit (at, key, key_name, action, object, contact, status, revision)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [
        .int(now), .text(key), .optional(name), .text(action), .text(JSONValue.object(object).text),
        .optional(contact), .int(status), .optional(revision),
      ])
  }

  /// Of whom the call is, before it changes anything.
  func contact(of call: Call, _ route: Route, _ db: Connection) throws -> Int64? {
    guard let place = route.pattern.placeNames.first(where: route.namesContact) else { return nil }
    return try People().find(call[place], db)?.row
  }

  /// The oldest first, from after `id` on.
  public func page(after id: Int64, limit: Int, _ db: Connection) throws -> [Entry] {
    let sql = """
      SELECT a.id, a.at, a.key, a.key_name, a.action, a.object, coalesce(m.survivor, a.contact), a.status, a.revision
      FROM audit a LEFT JOIN merged_contacts m ON m.contact = a.contact WHERE a.id > $1 ORDER BY a.id LIMIT $2
      """
    return try db.query(sql, [.int(id), .int(limit)]) { row in
      let contact = row.optionalInt(6)
      return Entry(
        id: row.int(0), at: Timestamp(milliseconds: row.int(1)), key: row.text(2), keyName: row.optionalText(3),
        action: row.text(4), object: try JSONValue(parsing: row.textBytes(5)),
        contact: try contact.flatMap { try People().contact($0, db) }.map(\.publicID), isAboutContact: contact != nil,
        status: Int(row.int(7)), revision: row.optionalText(8))
    }
  }
}

extension Route {
  /// Changes that are worth a row: all but what shops post by the thousand, and calls that only look.
  var isAudited: Bool {
    guard method != "GET", case .scopes(let scopes) = access, !scopes.contains(.read) else { return false }
    // There is no way back from a merge.
    return !scopes.allSatisfy { $0 == .events || $0 == .site } || pattern.text.hasSuffix("/merge")
  }

  /// A place that stands for a person: his id would be kept when he is erased.
  func namesContact(_ place: String) -> Bool {
    place == "contact" || place == "other" || (place == "id" && pattern.text.hasPrefix("/v1/contacts/"))
  }
}
