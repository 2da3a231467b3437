import Domain
public import JSON
import SQL

/// Contacts on their way out, as an import takes them: one object of JSON a line, or rows of a table whose columns are
/// those that any of them has.
public struct ContactTable: Sendable {
  /// What stands in the columns: gathered in a first walk, for the first row names them.
  public struct Columns: Sendable {
    /// More cannot be a table.
    public static let limit = 4_000

    var addresses: Set<String> = []
    var consents: Set<String> = []
    /// By name, nil: of several types.
    var attributes: [String: AttributeType?] = [:]

    public init() {}

    public var count: Int { addresses.count + consents.count + attributes.count }

    public mutating func add(_ contact: Contact, consents said: [Consents.State]) {
      for name in contact.addresses.keys { addresses.insert(name) }
      for state in said where state.purpose == .marketing { consents.insert(state.channel) }
      for (name, value) in contact.attributes {
        guard let type = AttributeType(of: value) else { continue }
        guard let known = attributes[name] else {
          attributes[name] = type
          continue
        }
        if known == type { continue }
        // What looks like a date here and does not there is text.
        attributes[name] = [known, type].allSatisfy { $0 == .string || $0 == .date } ? .string : AttributeType?.none
      }
    }
  }

  /// As `PUT /v1/contacts/{id}` takes it, with `id` beside. Consents are those to marketing.
  public static func json(_ contact: Contact, consents: [Consents.State]) -> JSONValue {
    var object = JSONObject()
    object["id"] = contact.externalID.map(JSONValue.string)
    object["email"] = contact.email.map(JSONValue.string)
    object["phone"] = contact.phone.map(JSONValue.string)
    object["anonymous_id"] = contact.anonymousID.map(JSONValue.string)
    object["time_zone"] = contact.zone.map { .string($0.identifier) }
    object["locale"] = contact.locale.map(JSONValue.string)
    if !contact.addresses.isEmpty { object["addresses"] = .object(contact.addresses) }
    if !contact.attributes.isEmpty { object["attributes"] = .object(contact.attributes) }
    var given = JSONObject()
    for state in consents where state.purpose == .marketing { given[state.channel] = .bool(state.granted) }
    if !given.isEmpty { object["consents"] = .object(given) }
    return .object(object)
  }

  private let addresses: [String]
  private let consents: [String]
  private let attributes: [(name: String, type: AttributeType?)]
  private let isRaw: Bool

  /// - Parameter isRaw: texts that a spreadsheet takes for formulas are left as they are.
  public init(_ columns: Columns, isRaw: Bool) {
    (addresses, consents) = (columns.addresses.sorted(), columns.consents.sorted())
    attributes = columns.attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    self.isRaw = isRaw
  }

  /// The first row.
  public var header: String {
    let names =
      CSVColumns.fields + addresses.map { "addresses." + $0 } + consents.map { "consents." + $0 }
      + attributes.map { "attributes.\($0.name):\($0.type?.rawValue ?? CSVColumns.json)" }
    return row(names)
  }

  public func row(_ contact: Contact, consents said: [Consents.State]) -> String {
    let fields = [
      contact.externalID, contact.email, contact.phone, contact.anonymousID, contact.zone?.identifier, contact.locale,
    ]
    let granted = consents.map { channel in
      said.first { $0.channel == channel && $0.purpose == .marketing }.map { String($0.granted) }
    }
    return row(
      fields + addresses.map { contact.addresses[$0]?.string } + granted
        + attributes.map { attribute in contact.attributes[attribute.name].map { Self.cell($0, attribute.type) } })
  }

  private func row(_ cells: [String?]) -> String {
    cells.map { CSVCell.quoted($0, raw: isRaw) }.joined(separator: ",") + "\r\n"
  }

  private static func cell(_ value: JSONValue, _ type: AttributeType?) -> String {
    if type != nil, let text = value.string { return text }
    return value.text
  }
}
