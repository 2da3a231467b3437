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
      INSERT INTO consent_proofs (contact, channel, purpose, granted, text, source, at, recorded_at, ip)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      """,
      [
        .int(contact), .text(proof.channel), .text(proof.purpose.rawValue), .bool(proof.granted),
        .optional(proof.text), .optional(proof.source), .int(at.milliseconds), .int(now.milliseconds),
        .optional(proof.ip),
      ])
    let number = db.lastInsertedRow
    try db.run(
      """
      INSERT INTO consents (contact, channel, purpose, granted, at, proof) VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (contact, channel, purpose) DO UPDATE SET granted = excluded.granted, at = excluded.at,
        proof = excluded.proof
      WHERE excluded.at >= consents.at
      """,
      [
        .int(contact), .text(proof.channel), .text(proof.purpose.rawValue), .bool(proof.granted),
        .int(at.milliseconds), .int(number),
      ])
  }

  private static let said = Query(
    "SELECT granted, proof FROM consents WHERE contact = $1 AND channel = $2 AND purpose = $3")

  /// What a contact has said last of a channel, and the proof of it.
  public struct Word: Sendable, Hashable {
    public let granted: Bool
    /// consent_proofs.id; nil: it is older than proofs are remembered by.
    public let proof: Int64?
  }

  /// Nil when the contact has never said anything about it.
  public func granted(
    by contact: Int64, channel: String, purpose: Purpose = .marketing, _ db: Connection
  ) throws -> Bool? {
    try word(of: contact, channel: channel, purpose: purpose, db)?.granted
  }

  /// Nil when the contact has never said anything about it.
  public func word(
    of contact: Int64, channel: String, purpose: Purpose = .marketing, _ db: Connection
  ) throws -> Word? {
    let bind = { (statement: Statement) in
      statement.bind(1, contact)
      statement.bind(2, channel)
      statement.bind(3, purpose.rawValue)
    }
    return try db.first(Self.said, bind) { Word(granted: $0.bool(0), proof: $0.optionalInt(1)) }
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

  /// A proof as it is kept.
  public struct Record: Sendable, Hashable {
    /// consent_proofs.id; messages name it.
    public let id: Int64
    public let proof: ConsentProof
    public let recordedAt: Timestamp

    public var json: JSONValue {
      func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
      return [
        "id": .string(String(id)), "channel": .string(proof.channel), "purpose": .string(proof.purpose.rawValue),
        "granted": .bool(proof.granted), "text": text(proof.text), "source": text(proof.source), "ip": text(proof.ip),
        "at": text(proof.at?.rfc3339), "recorded_at": .string(recordedAt.rfc3339),
      ]
    }
  }

  /// Everything ever recorded, the oldest first, from after `id` on.
  public func records(of contact: Int64, after id: Int64 = 0, limit: Int, _ db: Connection) throws -> [Record] {
    try db.query(
      """
      SELECT id, channel, purpose, granted, text, source, at, ip, recorded_at FROM consent_proofs
      WHERE contact = $1 AND id > $2 ORDER BY id LIMIT $3
      """, [.int(contact), .int(id), .int(limit)]
    ) { row in
      let proof = ConsentProof(
        channel: row.text(1), purpose: Purpose(rawValue: row.text(2)) ?? .marketing, granted: row.bool(3),
        text: row.optionalText(4), source: row.optionalText(5), at: Timestamp(milliseconds: row.int(6)),
        ip: row.optionalText(7))
      return Record(id: row.int(0), proof: proof, recordedAt: Timestamp(milliseconds: row.int(8)))
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
