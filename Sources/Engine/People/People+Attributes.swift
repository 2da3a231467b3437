import Domain
import JSON
import SQL

extension People {
  /// Attributes that a chain sets. What would make them too large is left out: a chain must not stop over it.
  func set(_ values: [(name: String, value: JSONValue)], of row: Int64, now: Timestamp, _ db: Connection) throws {
    guard var contact = try contact(row, db) else { return }
    var patch = ContactPatch()
    for (name, value) in values where !Contact.builtInFields.contains(name) { patch.attributes[name] = value }
    do {
      try contact.apply(patch)
    } catch {
      return
    }
    contact.updatedAt = max(now, contact.updatedAt)
    try update(contact, db)
  }
}
