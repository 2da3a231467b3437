public import Domain
public import JSON
public import SQL

/// What holds now of what contacts have agreed to, and beside it the append-only proof of how it came about. An
/// unsubscribe is a proof like any other. Stateless: works over the connection it is given.
public struct Consents: Sendable {
  public init() {}

  /// What holds now.
  public struct State: Sendable, Hashable {
    public let channel: String
    public let purpose: Purpose
    public let granted: Bool
    public let at: Timestamp

    public var json: JSONValue {
      [
        "channel": .string(channel), "purpose": .string(purpose.rawValue), "granted": .bool(granted),
        "at": .string(at.rfc3339),
      ]
    }
  }

  /// Appends the proof; it holds from now on unless a later word of the contact is known already.
  public func record(_ proof: ConsentProof, of contact: Int64, now: Timestamp, _ db: Connection) throws {
    let at = min(proof.at ?? now, now)
    try db.run(
      """
      INSERT INTO consent_proofs (contact, channel, purpose, granted, text, source, at, recorded_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [
        .int(contact), .text(proof.channel), .text(proof.purpose.rawValue), .bool(proof.granted),
        .optional(proof.text), .optional(proof.source), .int(at.milliseconds), .int(now.milliseconds),
      ])
    try db.run(
      """
      INSERT INTO consents (contact, channel, purpose, granted, at) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (contact, channel, purpose) DO UPDATE SET granted = excluded.granted, at = excluded.at
      WHERE excluded.at >= consents.at
      """,
      [
        .int(contact), .text(proof.channel), .text(proof.purpose.rawValue), .bool(proof.granted),
        .int(at.milliseconds),
      ])
  }

  private static let said = Query("SELECT granted FROM consents WHERE contact = $1 AND channel = $2 AND purpose = $3")

  /// Nil when the contact has never said anything about it.
  public func granted(
    by contact: Int64, channel: String, purpose: Purpose = .marketing, _ db: Connection
  ) throws -> Bool? {
    let bind = { (statement: Statement) in
      statement.bind(1, contact)
      statement.bind(2, channel)
      statement.bind(3, purpose.rawValue)
    }
    return try db.first(Self.said, bind) { $0.bool(0) }
  }

  public func all(of contact: Int64, _ db: Connection) throws -> [State] {
    try db.query(
      "SELECT channel, purpose, granted, at FROM consents WHERE contact = $1 ORDER BY channel, purpose",
      [.int(contact)]
    ) { row in
      State(
        channel: row.text(0), purpose: Purpose(rawValue: row.text(1)) ?? .marketing, granted: row.bool(2),
        at: Timestamp(milliseconds: row.int(3)))
    }
  }

  /// Everything ever recorded, the oldest first.
  public func proofs(of contact: Int64, _ db: Connection) throws -> [ConsentProof] {
    try db.query(
      "SELECT channel, purpose, granted, text, source, at FROM consent_proofs WHERE contact = $1 ORDER BY id",
      [.int(contact)]
    ) { row in
      ConsentProof(
        channel: row.text(0), purpose: Purpose(rawValue: row.text(1)) ?? .marketing, granted: row.bool(2),
        text: row.optionalText(3), source: row.optionalText(4), at: Timestamp(milliseconds: row.int(5)))
    }
  }
}
