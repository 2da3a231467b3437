public import Domain
public import SQL

/// What the site shows contacts, as chains have said. Stateless: works over the connection it is given.
public struct Offers: Sendable {
  public struct Offer: Sendable, Equatable {
    public let slot: String
    public let template: String
    /// chains.number
    public let chain: Int64
    public let run: Int64
    public let at: Timestamp
    public let until: Timestamp
  }

  public init() {}

  /// The newest of a chain takes the place of its last one in the slot.
  func show(_ offer: Offer, to contact: Int64, _ db: Connection) throws {
    let sql = """
      INSERT INTO offers (contact, slot, chain, run, template, at, until) VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT (contact, slot, chain) DO UPDATE SET run = excluded.run, template = excluded.template,
        at = excluded.at, until = excluded.until
      """
    try db.run(
      sql,
      [
        .int(contact), .text(offer.slot), .int(offer.chain), .int(offer.run), .text(offer.template),
        .int(offer.at.milliseconds), .int(offer.until.milliseconds),
      ])
  }

  /// What holds at `now`, by slot, the newest first.
  /// - Parameter slot: nil asks for all.
  public func shown(to contact: Int64, slot: String? = nil, now: Timestamp, _ db: Connection) throws -> [Offer] {
    let sql = """
      SELECT slot, template, chain, run, at, until FROM offers
      WHERE contact = $1 AND ($2 IS NULL OR slot = $2) AND until > $3 ORDER BY slot, at DESC, chain
      """
    return try db.query(sql, [.int(contact), .optional(slot), .int(now.milliseconds)]) {
      Offer(
        slot: $0.text(0), template: $0.text(1), chain: $0.int(2), run: $0.int(3),
        at: Timestamp(milliseconds: $0.int(4)), until: Timestamp(milliseconds: $0.int(5)))
    }
  }
}
