import Domain
import JSON

/// What the columns of an imported table say of a contact, by its first row: fields by their names, `addresses.vk`,
/// `consents.email`, `attributes.city`; any other name is an attribute. `attributes.age:number` says what it is.
struct CSVColumns {
  private enum Column {
    case field(String)
    case address(String)
    case consent(String)
    /// Without a type it is what it was first, or what its text looks like.
    case attribute(String, AttributeType?, isJSON: Bool)

    var pointer: String {
      switch self {
      case .field(let name): "/" + name
      case .address(let name): "/addresses" + Issue.pointer(name)
      case .consent(let name): "/consents" + Issue.pointer(name)
      case .attribute(let name, _, _): "/attributes" + Issue.pointer(name)
      }
    }
  }

  static let fields = ["id", "email", "phone", "anonymous_id", "time_zone", "locale"]
  /// A type of attributes whose cells are JSON: what was one thing here and another there.
  static let json = "json"
  private static let most = 4_096

  private let columns: [Column]
  private let types: [String: AttributeType]
  private let isRaw: Bool

  init(_ header: [CSVRecords.Field], types: [String: AttributeType], isRaw: Bool) throws(Refusal) {
    var issues: [Issue] = []
    var columns: [Column] = []
    var seen: Set<String> = []
    for (index, field) in header.enumerated() {
      var text = String(decoding: field.bytes, as: UTF8.self)
      // A mark of the encoding that spreadsheets write.
      if index == 0, text.hasPrefix("\u{FEFF}") { text.removeFirst() }
      func refuse(_ detail: String, _ hint: String? = nil) {
        issues.append(
          Issue(
            pointer: "", line: field.line, column: field.column, code: .badValue, detail: detail,
            hint: hint))
      }
      guard let column = Self.column(text) else {
        refuse(
          "expected a column's name, got \"\(text.prefix(80))\"",
          "\(Self.fields.joined(separator: ", ")), addresses.vk, consents.email, attributes.city or attributes.age:number"
        )
        continue
      }
      if !seen.insert(column.pointer).inserted { refuse("expected each column once, got `\(text)` again") }
      columns.append(column)
    }
    if header.count > Self.most { issues = [Self.tooMany(header.count)] }
    guard issues.isEmpty else { throw Refusal(issues) }
    (self.columns, self.types, self.isRaw) = (columns, types, isRaw)
  }

  private static func tooMany(_ count: Int) -> Issue {
    Issue(pointer: "", line: 1, column: 1, code: .tooLarge, detail: "expected at most \(most) columns, got \(count)")
  }

  private static func column(_ text: String) -> Column? {
    if fields.contains(text) { return .field(text) }
    func rest(_ prefix: String) -> String? { text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil }
    if let name = rest("addresses.") { return name.isEmpty ? nil : .address(name) }
    if let name = rest("consents.") { return name.isEmpty ? nil : .consent(name) }
    let parts = (rest("attributes.") ?? text).split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let name = parts.first, AttributeTypes.isName(name), parts.count <= 2 else { return nil }
    guard parts.count == 2 else { return .attribute(name, nil, isJSON: false) }
    if parts[1] == json { return .attribute(name, nil, isJSON: true) }
    return AttributeType(rawValue: parts[1]).map { .attribute(name, $0, isJSON: false) }
  }

  /// The contact of a row; what is wrong stands at its cell. An empty cell without quotes says nothing.
  func contact(_ record: [CSVRecords.Field]) throws(Refusal) -> ImportedContact {
    let start = record.first
    guard record.count == columns.count else {
      throw Refusal([
        Issue(
          pointer: "", line: start?.line, column: start?.column, code: .badValue,
          detail: "expected \(columns.count) cells as in the first row, got \(record.count)")
      ])
    }
    var (object, addresses, attributes, consents) = (JSONObject(), JSONObject(), JSONObject(), JSONObject())
    var places: [String: CSVRecords.Field] = [:]
    var issues: [Issue] = []
    for (column, cell) in zip(columns, record) where cell.isQuoted || !cell.bytes.isEmpty {
      places[column.pointer] = cell
      let bytes = isRaw ? cell.bytes : CSVCell.unguarded(cell.bytes)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        issues.append(Issue(pointer: column.pointer, code: .badValue, detail: "expected UTF-8"))
        continue
      }
      switch column {
      case .field(let name): if !text.isEmpty { object[name] = .string(text) }
      case .address(let name): if !text.isEmpty { addresses[name] = .string(text) }
      case .consent(let name): if !text.isEmpty { consents[name] = Self.truth(text) ?? .string(text) }
      case .attribute(let name, let type, let isJSON):
        do {
          attributes[name] = try isJSON ? JSONValue(parsing: text) : Self.value(text, type ?? types[name])
        } catch {
          issues.append(Issue(pointer: column.pointer, code: .syntax, detail: "expected JSON"))
        }
      }
    }
    for (name, part) in [("addresses", addresses), ("attributes", attributes), ("consents", consents)]
    where !part.isEmpty { object[name] = .object(part) }
    do {
      guard issues.isEmpty else { throw Refusal(issues) }
      return try ImportedContact(JSONDocument(parsing: JSONValue.object(object).serialized()).root)
    } catch let refusal as Refusal {
      throw Refusal(refusal.issues.map { Self.placed($0, places, start) })
    } catch {
      throw Refusal([Self.placed(Issue(pointer: "", code: .badValue, detail: "\(error)"), places, start)])
    }
  }

  /// Where its cell is.
  private static func placed(
    _ issue: Issue, _ places: [String: CSVRecords.Field], _ start: CSVRecords.Field?
  ) -> Issue {
    var issue = issue
    let cell = places[issue.pointer] ?? start
    (issue.line, issue.column) = (cell?.line, cell?.column)
    return issue
  }

  private static func truth(_ text: String) -> JSONValue? {
    switch text {
    case "true": .bool(true)
    case "false": .bool(false)
    default: nil
    }
  }

  private static func value(_ text: String, _ type: AttributeType?) throws -> JSONValue {
    switch type {
    case .string, .date: .string(text)
    case .number: JSONNumber(text: text).map { .number($0) } ?? .string(text)
    case .boolean: truth(text) ?? .string(text)
    case .list, .object: try JSONValue(parsing: text)
    case nil: truth(text) ?? JSONNumber(text: text).map { .number($0) } ?? .string(text)
    }
  }
}
