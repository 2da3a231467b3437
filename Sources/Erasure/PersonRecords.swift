import Domain
public import Engine
public import JSON
public import SQL

/// What is held of a contact beside his messages and events: for the portable copy. Stateless.
public enum PersonRecords {
  /// Of each kind, the newest first where there is an order: nobody has more.
  static let limit = 10_000

  /// Name by name, as the copy shows them.
  public static func all(of contact: Contact, _ db: Connection) throws -> [(name: String, value: JSONValue)] {
    let row = contact.row
    return [
      ("contact", .object(contact.profile)),
      (
        "keys",
        try list(
          "SELECT kind, value FROM contact_keys WHERE contact = $1 ORDER BY kind, value LIMIT $2", row, db
        ) {
          ["kind": .string(keyName($0.int(0))), "value": .string($0.text(1))]
        }
      ),
      ("consents", .array(try Consents().all(of: row, db).map(\.json))),
      ("consent_proofs", .array(try Consents().records(of: row, limit: limit, db).map(\.json))),
      (
        "suppressions",
        try list(
          """
          SELECT address, channel, purpose, reason, at FROM suppressions WHERE address IN (
            SELECT value FROM contact_keys WHERE contact = $1 AND kind IN (2, 3)
            UNION SELECT email FROM contacts WHERE id = $1 UNION SELECT phone FROM contacts WHERE id = $1
            UNION SELECT json_each.value FROM contacts, json_each(contacts.addresses) WHERE contacts.id = $1)
          LIMIT $2
          """, row, db
        ) {
          [
            "address": .string($0.text(0)), "channel": text($0.text(1)), "purpose": .string($0.text(2)),
            "reason": .string($0.text(3)), "at": time($0, 4),
          ]
        }
      ),
      (
        "lists",
        try list(
          "SELECT list, added_at FROM list_members WHERE contact = $1 ORDER BY list LIMIT $2", row, db
        ) { ["list": .string($0.text(0)), "added_at": time($0, 1)] }
      ),
      (
        "relations",
        try list(
          "SELECT kind, other, at FROM relations WHERE contact = $1 ORDER BY kind, other LIMIT $2", row, db
        ) {
          [
            "kind": .string($0.text(0)), "other": text(try People().contact($0.int(1), db)?.publicID),
            "at": time($0, 2),
          ]
        }
      ),
      (
        "segments",
        .array(
          try Memberships().segments(of: row, db).map {
            ["segment": .string($0.id), "since": .string($0.since.rfc3339)]
          })
      ),
      (
        "variants",
        try list(
          """
          SELECT c.id, v.step, v.variant FROM variants_given v JOIN chains c ON c.number = v.chain
          WHERE v.chain IN (SELECT number FROM chains) AND v.contact = $1 LIMIT $2
          """, row, db
        ) { ["chain": .string($0.text(0)), "step": .string($0.text(1)), "variant": .string($0.text(2))] }
      ),
      (
        "offers",
        try list(
          """
          SELECT o.slot, c.id, o.template, o."values", o.at, o.until FROM offers o JOIN chains c ON c.number = o.chain
          WHERE o.contact = $1 LIMIT $2
          """, row, db
        ) {
          [
            "slot": .string($0.text(0)), "chain": .string($0.text(1)), "template": .string($0.text(2)),
            "values": try JSONValue(parsing: $0.textBytes(3), limits: .stored), "at": time($0, 4), "until": time($0, 5),
          ]
        }
      ),
      (
        "runs",
        try list(
          """
          SELECT r.id, c.id, r.version, r.state, r.key, r.data, r.entered_at, r.ended_at, r.reason
          FROM runs r JOIN chains c ON c.number = r.chain WHERE r.contact = $1 ORDER BY r.id DESC LIMIT $2
          """, row, db
        ) {
          [
            "id": .string(String($0.int(0))), "chain": .string($0.text(1)), "version": .number(JSONNumber($0.int(2))),
            "state": .string($0.text(3)), "key": .string($0.text(4)),
            "data": try JSONValue(parsing: $0.textBytes(5), limits: .stored), "entered_at": time($0, 6),
            "ended_at": time($0, 7), "reason": text($0.optionalText(8)),
          ]
        }
      ),
      (
        "tasks",
        try list(
          """
          SELECT t.id, t.message, t.channel, t.queue, t.address, t.subject, t.text, t.status, t.outcome, t.note,
            t.created_at, t.completed_at
          FROM messages m JOIN tasks t ON t.message = m.id WHERE m.contact = $1 ORDER BY t.id DESC LIMIT $2
          """, row, db
        ) {
          [
            "id": .string(String($0.int(0))), "message": .string(String($0.int(1))), "channel": .string($0.text(2)),
            "queue": .string($0.text(3)), "to": .string($0.text(4)), "subject": text($0.optionalText(5)),
            "text": .string($0.text(6)), "status": .string($0.text(7)), "outcome": text($0.optionalText(8)),
            "note": text($0.optionalText(9)), "created_at": time($0, 10), "completed_at": time($0, 11),
          ]
        }
      ),
    ]
  }

  private static func list(
    _ sql: String, _ contact: Int64, _ db: Connection, _ read: (Row) throws -> JSONValue
  ) throws -> JSONValue {
    .array(try db.query(sql, [.int(contact), .int(limit)], read))
  }

  private static func keyName(_ kind: Int64) -> String {
    switch kind {
    case 1: "id"
    case 2: "email"
    case 3: "phone"
    default: "anonymous_id"
    }
  }

  private static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

  private static func time(_ row: Row, _ column: Int) -> JSONValue {
    text(row.optionalInt(column).map { Timestamp(milliseconds: $0).rfc3339 })
  }
}
