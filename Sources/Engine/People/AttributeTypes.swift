import Domain
public import JSON
public import SQL

/// What an attribute's values are.
public enum AttributeType: String, Sendable, CaseIterable {
  case string, number, boolean, date, list, object

  /// Nil for `null`. A text that is a day or a moment is a date.
  public init?(of value: JSONValue) {
    switch value {
    case .null: return nil
    case .bool: self = .boolean
    case .number: self = .number
    case .array: self = .list
    case .object: self = .object
    case .string(let text): self = Self.isDate(text) ? .date : .string
    }
  }

  /// A text may look like a date and be none; what is a date may leave its year out.
  func takes(_ value: JSONValue) -> Bool {
    guard let type = AttributeType(of: value), type != self else { return true }
    switch (self, value) {
    case (.string, .string): return true
    case (.date, .string(let text)): return OccasionDate(text, in: .utc) != nil
    default: return false
    }
  }

  /// As people say it.
  public var phrase: String {
    switch self {
    case .string: "text"
    case .number: "a number"
    case .boolean: "true or false"
    case .date: "a date"
    case .list: "a list"
    case .object: "an object"
    }
  }

  private static func isDate(_ text: String) -> Bool {
    text.utf8.count >= 10 && text.utf8.first.map { $0 >= 0x30 && $0 <= 0x39 } ?? false
      && OccasionDate(text, in: .utc)?.year != nil
  }
}

/// The types that attributes have had since they were first used. Stateless: works over the connection it is given.
public struct AttributeTypes: Sendable {
  /// Different attributes of all contacts together.
  static let limit = 10_000

  public init() {}

  private static let one = Query("SELECT type FROM attribute_types WHERE name = $1")

  func type(of name: String, _ db: Connection) throws -> AttributeType? {
    try db.first(Self.one, { $0.bind(1, name) }) { AttributeType(rawValue: $0.text(0)) } ?? nil
  }

  public func all(_ db: Connection) throws -> [(name: String, type: AttributeType)] {
    try db.query("SELECT name, type FROM attribute_types ORDER BY name", []) {
      ($0.text(0), AttributeType(rawValue: $0.text(1)) ?? .string)
    }
  }

  /// From now on; what contacts have already stays as it is.
  public func set(_ name: String, _ type: AttributeType, _ db: Connection) throws {
    let sql = """
      INSERT INTO attribute_types (name, type) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET type = excluded.type
      """
    try db.run(sql, [.text(name), .text(type.rawValue)])
  }

  public static func isName(_ name: String) -> Bool {
    ContactBounds.isAttributeName(name) && !ContactFields.builtIn.contains(name)
  }

  /// Remembers the type of what was never used; what has another type than before is an issue. `null` always passes.
  func check(_ attributes: JSONObject, _ db: Connection) throws -> [Issue] {
    var issues: [Issue] = []
    for (name, value) in attributes {
      guard let type = AttributeType(of: value) else { continue }
      let pointer = "/attributes" + Issue.pointer(name)
      guard let known = try self.type(of: name, db) else {
        guard try count(db) < Self.limit else {
          issues.append(
            Issue(
              pointer: pointer, code: .tooLarge, detail: "expected at most \(Self.limit) different attributes in all",
              hint: "what happens again and again is an event"))
          continue
        }
        try set(name, type, db)
        continue
      }
      if known.takes(value) { continue }
      issues.append(
        Issue(
          pointer: pointer, code: .wrongType,
          detail: "`\(name)` was \(known.phrase) first; got \(type.phrase)",
          hint: "PUT /v1/attributes/\(name) {\"type\": \"\(type.rawValue)\"} changes what it is from then on"))
    }
    return issues
  }

  private func count(_ db: Connection) throws -> Int64 {
    try db.first("SELECT count(*) FROM attribute_types") { $0.int(0) } ?? 0
  }
}
