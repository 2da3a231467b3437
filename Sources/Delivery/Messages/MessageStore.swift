import Domain
import Engine
import JSON
public import SQL

/// The send ledger for people: list, read one. Stateless: works over the connection it is given.
public struct MessageStore: Sendable {
  public init() {}

  private static let columns = """
    m.id, m.run, c.id, m.version, m.label, m.contact, m.channel, m.purpose, m.address, m.template, \
    m.template_version, m.status, m.attempts, m.price, m.planned_at, m.due_at, m.expires_at, m.sent_at, \
    m.delivered_at, m.opened_at, m.machine_opened_at, m.clicked_at, m.provider_id, m.error, m.held_by, m."values", m.consent \
    FROM messages m JOIN chains c ON c.number = m.chain
    """

  public func message(_ id: Int64, _ db: Connection) throws -> Message? {
    try db.first("SELECT \(Self.columns) WHERE m.id = $1", [.int(id)]) { try read($0, db) }
  }

  private static let reference = Query(
    """
    SELECT m.id, m.contact, m.channel, c.id, m.label, m.address FROM messages m JOIN chains c ON c.number = m.chain
    WHERE m.id = $1
    """)

  /// What a link or a task needs, on the writer's thread: without the values.
  public func reference(_ id: Int64, _ db: Connection) throws -> MessageReference? {
    try db.first(Self.reference, { $0.bind(1, id) }) { row in
      MessageReference(
        id: row.int(0), contact: row.int(1), channel: row.text(2), chain: row.text(3), step: row.text(4),
        address: row.optionalText(5))
    }
  }

  public struct Filter: Sendable {
    /// contacts.id
    public var contact: Int64?
    /// chains.id
    public var chain: String?
    public var status: Message.Status?

    public init(contact: Int64? = nil, chain: String? = nil, status: Message.Status? = nil) {
      (self.contact, self.chain, self.status) = (contact, chain, status)
    }
  }

  /// A contact's, the newest first.
  public func newest(of contact: Int64, limit: Int, _ db: Connection) throws -> [Message] {
    try db.query(
      "SELECT \(Self.columns) WHERE m.contact = $1 ORDER BY m.id DESC LIMIT $2", [.int(contact), .int(limit)]
    ) { try read($0, db) }
  }

  /// By id, from after `id` on.
  public func page(_ filter: Filter, after id: Int64, limit: Int, _ db: Connection) throws -> [Message] {
    var wheres = ["m.id > $1"]
    var parameters: [SQLValue] = [.int(id)]
    func add(_ clause: String, _ value: SQLValue) {
      parameters.append(value)
      wheres.append("\(clause) = $\(parameters.count)")
    }
    if let contact = filter.contact { add("m.contact", .int(contact)) }
    if let chain = filter.chain { add("c.id", .text(chain)) }
    switch filter.status {
    case .delivered?: wheres.append("m.status = 'sent' AND m.delivered_at IS NOT NULL")
    case let status?: add("m.status", .text(status.rawValue))
    case nil: break
    }
    parameters.append(.int(limit))
    let sql = """
      SELECT \(Self.columns) WHERE \(wheres.joined(separator: " AND ")) ORDER BY m.id LIMIT $\(parameters.count)
      """
    return try db.query(sql, parameters) { try read($0, db) }
  }

  private func read(_ row: Row, _ db: Connection) throws -> Message {
    func moment(_ column: Int) -> Timestamp? { row.optionalInt(column).map { Timestamp(milliseconds: $0) } }
    let contact = row.int(5)
    var status = Message.Status(rawValue: row.text(11)) ?? .unknown
    if status == .sent, moment(18) != nil { status = .delivered }
    let values = row.textBytes(25)
    return Message(
      id: row.int(0), run: row.int(1), chain: row.text(2), version: row.int(3), step: row.text(4), contact: contact,
      contactID: try People().contact(contact, db)?.publicID ?? "", channel: row.text(6),
      purpose: Purpose(rawValue: row.text(7)) ?? .marketing, address: row.optionalText(8), template: row.text(9),
      templateVersion: row.optionalInt(10), status: status, attempts: Int(row.int(12)), price: row.optionalText(13),
      plannedAt: moment(14) ?? Timestamp(milliseconds: 0), dueAt: moment(15),
      expiresAt: moment(16) ?? Timestamp(milliseconds: 0), sentAt: moment(17), deliveredAt: moment(18),
      openedAt: moment(19), machineOpenedAt: moment(20), clickedAt: moment(21), providerID: row.optionalText(22),
      error: row.optionalText(23), heldBy: row.optionalText(24),
      consent: row.optionalInt(26),
      values: values.isEmpty ? nil : try JSONValue(parsing: values, limits: .stored))
  }
}
