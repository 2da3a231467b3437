import Domain
import Engine
import Ingest
import JSON
import SQL

/// What the log knows of contacts that have changed since the rehearsal's beginning: the names of their fields, not their
/// values. Who is on a list changes to and fro, so that who was on it then follows from who is.
struct PastChanges {
  private static let slice: Int64 = 20_000

  let past: any Past
  let wish: RehearsalWish
  let asked: Interest.Asked
  let db: Connection

  /// Reads the log from after `seq` to its end, and puts the lists back to what they were.
  func read(after seq: Int64, pause: () throws -> Void) throws {
    guard !asked.lists.isEmpty || !asked.fields.isEmpty else { return }
    let (type, last) = try past.read { live in
      (
        try live.first("SELECT id FROM event_types WHERE name = $1", [.text(ContactChange.type)]) { $0.int(0) },
        try live.first("SELECT max(seq) FROM events", []) { $0.optionalInt(0) } ?? nil
      )
    }
    guard let type, let last else { return }
    var seq = seq
    while seq < last {
      let (from, to) = (seq, min(seq + Self.slice, last))
      let rows = try past.read { live in
        try live.query(
          """
          SELECT e.seq, coalesce(m.survivor, e.contact), e.properties FROM events e
          LEFT JOIN merged_contacts m ON m.contact = e.contact WHERE e.seq > $1 AND e.seq <= $2 AND e.type = $3
          """,
          [.int(from), .int(to), .int(type)]
        ) { ($0.int(0), $0.optionalInt(1), $0.optionalText(2) ?? "{}") }
      }
      try db.transaction {
        for case (let seq, let contact?, let properties) in rows { try note(seq, contact, properties) }
      }
      seq = to
      try pause()
    }
    try db.transaction { try putBack() }
  }

  private func note(_ seq: Int64, _ contact: Int64, _ properties: String) throws {
    let changed = try JSONValue(parsing: Array(properties.utf8))["changed"]?.array?.compactMap(\.string) ?? []
    for field in changed {
      if let list = Self.list(field) {
        guard asked.lists.contains(list) else { continue }
        try db.run(
          "INSERT OR IGNORE INTO past_lists (contact, list, seq) VALUES ($1, $2, $3)",
          [.int(contact), .text(list), .int(seq)])
      } else if let name = field.split(separator: ".").first(where: { $0 != "attributes" }).map(String.init),
        asked.fields.contains(name)
      {
        try db.run("INSERT OR IGNORE INTO past_fields VALUES ($1, $2)", [.text(name), .int(contact)])
      }
    }
  }

  private static func list(_ field: String) -> String? {
    field.hasPrefix("lists.") ? String(field.dropFirst("lists.".count)) : nil
  }

  /// From today backwards: each change turned it.
  private func putBack() throws {
    let lists = Lists()
    let pairs = try db.query("SELECT DISTINCT contact, list FROM past_lists") { ($0.int(0), $0.text(1)) }
    for (contact, list) in pairs {
      var isMember = try lists.lists(of: contact, db).contains(list)
      let seqs = try db.query(
        "SELECT seq FROM past_lists WHERE contact = $1 AND list = $2 ORDER BY seq DESC", [.int(contact), .text(list)]
      ) { $0.int(0) }
      for seq in seqs {
        try db.run(
          "UPDATE past_lists SET is_member = $4 WHERE contact = $1 AND list = $2 AND seq = $3",
          [.int(contact), .text(list), .int(seq), .bool(isMember)])
        isMember.toggle()
      }
      try lists.set(contact, on: list, isMember, now: wish.from, db)
    }
  }

  /// Whom and what an event of the log puts on lists or off them; nil where it does nothing of the kind.
  struct ListChange {
    let contact: Int64
    let members: [(list: String, isMember: Bool)]
    /// A step of the chain itself did it, which it does again.
    let isOwn: Bool
    /// Nothing else has changed.
    let isAll: Bool
  }

  func lists(changedBy item: PastEvents.Item) throws -> ListChange? {
    let event = item.event
    guard event.type == ContactChange.type, !asked.lists.isEmpty, let contact = item.contact else { return nil }
    let members = try db.query(
      "SELECT list, is_member FROM past_lists WHERE contact = $1 AND seq = $2", [.int(contact), .int(event.seq)]
    ) { (list: $0.text(0), isMember: $0.bool(1)) }
    guard !members.isEmpty else { return nil }
    let properties = try JSONValue(parsing: event.properties)
    return ListChange(
      contact: contact, members: members, isOwn: properties["by"]?.string == wish.chain,
      isAll: properties["changed"]?.array?.count == members.count)
  }

  func put(_ change: ListChange, now: Timestamp) throws {
    try db.transaction {
      for (list, isMember) in change.members { try Lists().set(change.contact, on: list, isMember, now: now, db) }
    }
  }

  /// How many contacts have had each of the fields changed.
  func fields() throws -> [(field: String, contacts: Int64)] {
    try db.query("SELECT field, count(*) FROM past_fields GROUP BY field ORDER BY field") {
      (field: $0.text(0), contacts: $0.int(1))
    }
  }
}
