public import Domain
public import JSON
public import SQL

/// What the site shows contacts, as chains have said. Stateless: works over the connection it is given.
public struct Offers: Sendable {
  public struct Offer: Sendable, Equatable {
    public let slot: String
    public let template: String
    /// Its number and its id.
    public let chain: Int64
    public let chainID: String
    public let run: Int64
    public let priority: Int
    /// `trigger` and `data` as the template sees them.
    public let values: JSONObject
    public let at: Timestamp
    public let until: Timestamp
  }

  public init() {}

  /// The newest of a chain takes the place of its last one in the slot; what is over goes.
  func show(_ offer: Offer, to contact: Int64, _ db: Connection) throws {
    try db.run(
      "DELETE FROM offers WHERE contact = $1 AND until <= $2", [.int(contact), .int(offer.at.milliseconds)])
    let sql = """
      INSERT INTO offers (contact, slot, chain, run, template, at, until, priority, "values")
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      ON CONFLICT (contact, slot, chain) DO UPDATE SET run = excluded.run, template = excluded.template,
        at = excluded.at, until = excluded.until, priority = excluded.priority, "values" = excluded."values"
      """
    try db.run(
      sql,
      [
        .int(contact), .text(offer.slot), .int(offer.chain), .int(offer.run), .text(offer.template),
        .int(offer.at.milliseconds), .int(offer.until.milliseconds), .int(offer.priority),
        .text(JSONValue.object(offer.values).text),
      ])
  }

  /// What holds at `now`, by slot; of one slot what the chain with the higher priority says first, then the newest.
  /// - Parameter slot: nil asks for all.
  public func shown(to contact: Int64, slot: String? = nil, now: Timestamp, _ db: Connection) throws -> [Offer] {
    let sql = """
      SELECT o.slot, o.template, o.chain, c.id, o.run, o.priority, o."values", o.at, o.until
      FROM offers o JOIN chains c ON c.number = o.chain
      WHERE o.contact = $1 AND ($2 IS NULL OR o.slot = $2) AND o.until > $3
      ORDER BY o.slot, o.priority DESC, o.at DESC, o.chain
      """
    return try db.query(sql, [.int(contact), .optional(slot), .int(now.milliseconds)]) {
      Offer(
        slot: $0.text(0), template: $0.text(1), chain: $0.int(2), chainID: $0.text(3), run: $0.int(4),
        priority: Int($0.int(5)), values: try JSONValue(parsing: $0.textBytes(6), limits: .stored).object ?? [:],
        at: Timestamp(milliseconds: $0.int(7)), until: Timestamp(milliseconds: $0.int(8)))
    }
  }
}
