import Domain
import JSON
import SQL

extension People {
  /// Attributes that a chain sets. What would make them too large is left out: a chain must not stop over it.
  /// - Returns: whether anything is different now.
  func set(
    _ values: [(name: String, value: JSONValue)], of row: Int64, now: Timestamp, _ db: Connection
  ) throws -> Bool {
    guard var contact = try contact(row, db) else { return false }
    let before = contact.attributes
    var patch = ContactPatch()
    for (name, value) in values where !ContactFields.builtIn.contains(name) { patch.attributes[name] = value }
    // Nor may it make a number of what is text elsewhere.
    for (name, value) in patch.attributes where try !AttributeTypes().check([name: value], db).isEmpty {
      patch.attributes[name] = nil
    }
    do {
      try contact.apply(patch)
    } catch {
      return false
    }
    guard contact.attributes != before else { return false }
    contact.updatedAt = max(now, contact.updatedAt)
    try update(contact, db)
    return true
  }
}
