import Domain
import Engine
import Ingest
import JSON
import SQL

/// What happens at once, in the transaction of the call: from its commit on nothing more is done to the person, and nobody
/// finds him.
struct Leaving {
  let counters: Counters
  let tombstones: Tombstones

  /// The hash of every key that leads to the contact.
  func hashes(of contact: Int64, _ db: Connection) throws -> [KeyHash] {
    try db.query("SELECT kind, value FROM contact_keys WHERE contact = $1 ORDER BY kind, value", [.int(contact)]) {
      row in
      KeyHash.Kind(rawValue: UInt8(clamping: row.int(0))).map { tombstones.hash($0, row.text(1)) }
    }.compactMap { $0 }
  }

  /// Contacts that one of these hashes is of a key of. Cost: a walk through all keys there are.
  func contacts(of hashes: Set<KeyHash>, _ db: Connection) throws -> [Int64] {
    var found: Set<Int64> = []
    try db.each("SELECT kind, value, contact FROM contact_keys") { row in
      guard let kind = KeyHash.Kind(rawValue: UInt8(clamping: row.int(0))) else { return true }
      if hashes.contains(tombstones.hash(kind, row.text(1))) { found.insert(row.int(2)) }
      return true
    }
    return found.sorted()
  }

  /// Ends his runs and those that others walk because of him, takes back what is planned, blanks his row, and takes his
  /// keys away. What he was suppressed by is kept under its hash.
  func cutOff(_ contact: Int64, _ db: Connection) throws {
    try endRuns(of: contact, db)
    try withdraw(from: contact, db)
    for address in try addresses(of: contact, db).sorted() { try tombstones.suppressByHash(address, db) }
    try db.run("DELETE FROM contact_keys WHERE contact = $1", [.int(contact)])
    // Nobody gets told again what was answered about him.
    try db.run("DELETE FROM idempotent_calls WHERE \(ErasedTables.answersAbout)", [.int(contact)])
    try db.run(
      """
      UPDATE contacts SET external_id = NULL, email = NULL, phone = NULL, anonymous_id = NULL, addresses = '{}',
        time_zone = NULL, locale = NULL, attributes = '{}' WHERE id = $1
      """, [.int(contact)])
    try counters.write(db)
  }

  private func endRuns(of contact: Int64, _ db: Connection) throws {
    let sql = """
      UPDATE runs SET state = 'ended', ended_at = step_at, reason = 'erased', due_at = NULL, step_due_at = NULL,
        parked_at = NULL, goal_until = NULL
      WHERE state = 'active' AND (contact = $1 OR actor = $1) RETURNING id, chain, version
      """
    let ended = try db.query(sql, [.int(contact)]) { (id: $0.int(0), chain: $0.int(1), version: $0.int(2)) }
    for run in ended {
      counters.count(Counters.Key(chain: run.chain, version: run.version, step: "", outcome: "erased"))
      try withdraw("run = $1", [.int(run.id)], db)
    }
    try db.run("UPDATE runs SET goal_until = NULL WHERE contact = $1 AND goal_until IS NOT NULL", [.int(contact)])
  }

  private func withdraw(from contact: Int64, _ db: Connection) throws {
    try withdraw("contact = $1", [.int(contact)], db)
  }

  private func withdraw(_ condition: String, _ parameters: [SQLValue], _ db: Connection) throws {
    try end("planned", as: "skipped", condition, parameters, db)
  }

  /// Messages end without an event of their own: they are counted here.
  func end(_ status: String, as end: String, _ condition: String, _ parameters: [SQLValue], _ db: Connection) throws {
    let sql = """
      UPDATE messages SET status = '\(end)', due_at = NULL, parked_at = NULL, error = 'erased'
      WHERE \(condition) AND status = '\(status)' RETURNING channel, chain, version, label
      """
    let ended = try db.query(sql, parameters) {
      (channel: $0.text(0), chain: $0.int(1), version: $0.int(2), label: $0.text(3))
    }
    for message in ended {
      func count(_ figure: String, by amount: Int64) {
        counters.count(
          Counters.Key(chain: message.chain, version: message.version, step: message.label, outcome: figure), by: amount
        )
      }
      counters.move(message.channel, from: status, to: end)
      count(end, by: 1)
      count(Counters.pending, by: -1)
    }
  }

  private func addresses(of contact: Int64, _ db: Connection) throws -> Set<String> {
    var addresses: Set<String> = []
    try db.each("SELECT email, phone, addresses FROM contacts WHERE id = $1", [.int(contact)]) { row in
      addresses.formUnion([row.optionalText(0), row.optionalText(1)].compactMap { $0 })
      let others = try JSONValue(parsing: row.textBytes(2)).object ?? [:]
      addresses.formUnion(others.compactMap { $0.value.string })
      return true
    }
    let keys = "SELECT value FROM contact_keys WHERE contact = $1 AND kind IN (2, 3)"
    addresses.formUnion(try db.query(keys, [.int(contact)]) { $0.text(0) })
    return addresses
  }
}
