// Rfm is who buys how lately, how often and for how much, as it is at this moment: events of purchases and the passing
// of time come in, rows and own events of moves between cells go out. The mathematics are Domain's; it must not know
// chains, segments' rules or HTTP.

public import Domain
public import SQL

/// What is kept of one contact's purchases: a row of `rfm`.
public struct RfmRow: Sendable, Equatable {
  /// contacts.id
  public let contact: Int64
  public var figures: RfmFigures
  /// Of the boundaries that his scores are by; 0: there were none yet.
  public var version: Int64
  /// As the last event or timer left it; nil: there were no boundaries yet.
  public var cell: RfmCell?
  /// When time alone changes the cell.
  public var dueAt: Timestamp?
}

/// Rows of `rfm`, one for each contact that ever bought.
public struct RfmRows: Sendable {
  public init() {}

  private static let columns = "contact, last_at, purchases, amount, version, cell, due_at"
  private static let one = Query("SELECT \(columns) FROM rfm WHERE contact = $1")
  private static let upsert = Query(
    """
    INSERT INTO rfm (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (contact) DO UPDATE SET
      last_at = $2, purchases = $3, amount = $4, version = $5, cell = $6, due_at = $7
    """)

  public func row(_ contact: Int64, _ db: Connection) throws -> RfmRow? {
    try db.first(Self.one, { $0.bind(1, contact) }, read: Self.read)
  }

  /// - Parameter before: what is there; the cells are counted by it.
  func put(_ row: RfmRow, over before: RfmRow?, _ db: Connection) throws {
    try write(row, db)
    if row.cell == before?.cell { return }
    if let left = before?.cell { try count(left, by: -1, db) }
    if let entered = row.cell { try count(entered, by: 1, db) }
  }

  private func write(_ row: RfmRow, _ db: Connection) throws {
    try db.run(Self.upsert) { statement in
      statement.bind(1, row.contact)
      statement.bind(2, row.figures.lastAt.milliseconds)
      statement.bind(3, row.figures.count)
      statement.bind(4, row.figures.sum.tenThousandths)
      statement.bind(5, row.version)
      statement.bind(6, row.cell?.text)
      statement.bind(7, row.dueAt?.milliseconds)
    }
  }

  private static let counted = Query(
    """
    INSERT INTO rfm_cells (cell, contacts) VALUES ($1, $2)
    ON CONFLICT (cell) DO UPDATE SET contacts = contacts + $2
    """)

  private func count(_ cell: RfmCell, by difference: Int64, _ db: Connection) throws {
    try db.run(Self.counted) { statement in
      statement.bind(1, cell.text)
      statement.bind(2, difference)
    }
  }

  /// He is gone. The engine finds on its own that there is nothing due.
  public func forget(_ contact: Int64, _ db: Connection) throws {
    guard let row = try row(contact, db) else { return }
    try db.run("DELETE FROM rfm WHERE contact = $1", [.int(contact)])
    if let cell = row.cell { try count(cell, by: -1, db) }
  }

  /// What `gone` bought, `into` has bought. His cell follows when `contact.merged` acts.
  public func merge(_ gone: Int64, into survivor: Int64, _ db: Connection) throws {
    guard let old = try row(gone, db) else { return }
    try forget(gone, db)
    guard let before = try row(survivor, db) else {
      let same = RfmRow(
        contact: survivor, figures: old.figures, version: old.version, cell: old.cell, dueAt: old.dueAt)
      return try put(same, over: nil, db)
    }
    var merged = before
    merged.figures = before.figures + old.figures
    try put(merged, over: before, db)
  }

  /// Contacts in each cell that has any, the least first.
  public func cells(_ db: Connection) throws -> [(cell: RfmCell, contacts: Int64)] {
    try db.query("SELECT cell, contacts FROM rfm_cells WHERE contacts <> 0 ORDER BY cell") {
      ($0.text(0), $0.int(1))
    }.compactMap { row in RfmCell(text: row.0).map { ($0, row.1) } }
  }

  /// Those whose cell changes by time before `moment`, the first first.
  func due(before moment: Timestamp, limit: Int, _ db: Connection) throws -> [RfmRow] {
    let sql = "SELECT \(Self.columns) FROM rfm WHERE due_at < $1 ORDER BY due_at, contact LIMIT $2"
    return try db.query(sql, [.int(moment.milliseconds), .int(limit)], Self.read)
  }

  func nextDue(_ db: Connection) throws -> Timestamp? {
    let sql = "SELECT due_at FROM rfm WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1"
    return try db.first(sql) { Timestamp(milliseconds: $0.int(0)) }
  }

  func page(after contact: Int64, limit: Int, _ db: Connection) throws -> [RfmRow] {
    let sql = "SELECT \(Self.columns) FROM rfm WHERE contact > $1 ORDER BY contact LIMIT $2"
    return try db.query(sql, [.int(contact), .int(limit)], Self.read)
  }

  func isEmpty(_ db: Connection) throws -> Bool {
    try db.first("SELECT 1 FROM rfm LIMIT 1") { _ in false } ?? true
  }

  private static func read(_ row: Row) -> RfmRow {
    RfmRow(
      contact: row.int(0),
      figures: RfmFigures(
        lastAt: Timestamp(milliseconds: row.int(1)), count: row.int(2), sum: Amount(tenThousandths: row.int(3))),
      version: row.int(4), cell: row.optionalText(5).flatMap(RfmCell.init(text:)),
      dueAt: row.optionalInt(6).map(Timestamp.init(milliseconds:)))
  }
}
