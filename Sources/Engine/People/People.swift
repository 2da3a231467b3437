// People: keys and patches come in, contacts, consents and suppressions go out as rows of their tables. Whose event it
// is, is decided here alone. It must not know chains, messages or HTTP.

public import Domain
public import Ingest
public import SQL

/// Finds, makes and changes contacts. Stateless: works over the connection it is given.
public struct People: Sendable {
  private let tombstones: Tombstones?

  /// - Parameter tombstones: whom `put` and `change` refuse.
  public init(_ tombstones: Tombstones? = nil) { self.tombstones = tombstones }

  /// By the shop's own id, else by `email:…`, `phone:…`, `anonymous:…`.
  public func find(_ publicID: String, _ db: Connection) throws -> Contact? {
    if let row = try owner(of: .id, publicID, db) { return try contact(row, db) }
    guard let key = Self.prefixed(publicID), let row = try owner(of: key.kind, key.value, db) else { return nil }
    return try contact(row, db)
  }

  private static let one = Query("SELECT \(columns) FROM contacts WHERE id = $1")

  public func contact(_ row: Int64, _ db: Connection) throws -> Contact? {
    try db.first(Self.one, { $0.bind(1, row) }) { try Self.read($0) }
  }

  /// Creates or updates the contact with the shop's own `id`, or whom `email:…`, `phone:…` or `anonymous:…` names.
  /// Throws `Refusal` when its attributes grow too large.
  public func put(
    id: String, _ patch: ContactPatch, now: Timestamp, _ db: Connection
  ) throws -> (contact: Contact, created: Bool) {
    let change = try change(id: id, patch, now: now, db)
    return (change.contact, change.created)
  }

  /// What a `put` did, with the names of the fields that are different now.
  public struct Changed: Sendable {
    public let contact: Contact
    public let created: Bool
    public let fields: [String]
    /// Contacts without an id to whom his address leads: they are he, and the engine merges them when it is told so.
    public let others: [Int64]
  }

  /// The same as `put`, saying what changed.
  public func change(id: String, _ patch: ContactPatch, now: Timestamp, _ db: Connection) throws -> Changed {
    let known = try find(id, db)?.row
    let keys = try Self.keys(id, patch)
    try requireNotErased(keys)
    let found = try known.map { Found(row: $0) } ?? whose(keys, at: now, db)
    return try change(found, isNew: known == nil, patch, source: "api", now: now, db)
  }

  /// The same for a line of an import. His own `id` finds him, and where he is new, or has none, what else is known of him.
  public func change(_ imported: ImportedContact, now: Timestamp, _ db: Connection) throws -> Changed {
    var keys = imported.keys
    try requireNotErased(keys)
    let isKnown: Bool
    if let id = keys.id, try owner(of: .id, id, db) != nil {
      // What the patch changes about him is no key of somebody else's event.
      (isKnown, keys) = (true, ContactKeys(id: id, anonymousID: keys.anonymousID))
    } else {
      isKnown = try known(keys, db) != nil
    }
    return try change(
      whose(keys, at: now, db), isNew: !isKnown, imported.patch, source: "import", now: now, db)
  }

  private func requireNotErased(_ keys: ContactKeys) throws(Refusal) {
    if let tombstones, tombstones.judge(keys) != .passes { throw Refusal([.erasedContact]) }
  }

  private func change(
    _ found: Found, isNew: Bool, _ patch: ContactPatch, source: String, now: Timestamp, _ db: Connection
  ) throws -> Changed {
    var found = found
    let row = found.row
    guard let before = try contact(row, db) else { throw MissingContact(row: row) }
    let issues = try AttributeTypes().check(patch.attributes, db)
    guard issues.isEmpty else { throw Refusal(issues) }
    var after = before
    try after.apply(patch)
    var fields = (isNew ? ["id"] : found.learned) + after.differences(from: before)
    found.others += try claimKeys(of: after, before: before, db).filter { !found.others.contains($0) }
    if !fields.isEmpty {
      after.updatedAt = max(now, before.updatedAt)
      try update(after, db)
    }
    for consent in patch.consents {
      if try give(consent, by: row, source, now: now, db) { fields.append("consents.\(consent.channel)") }
    }
    return Changed(contact: after, created: isNew, fields: fields, others: found.others)
  }

  /// Records a consent that differs from what holds; says whether it did.
  private func give(
    _ consent: ContactPatch.ConsentGiven, by row: Int64, _ source: String, now: Timestamp, _ db: Connection
  ) throws -> Bool {
    let consents = Consents()
    guard try consents.granted(by: row, channel: consent.channel, db) != consent.granted else { return false }
    let proof = ConsentProof(channel: consent.channel, granted: consent.granted, source: source)
    try consents.record(proof, of: row, now: now, db)
    return true
  }

  /// Gives up the keys that the contact has no more, takes the new ones unless somebody has them: a family's e-mail
  /// leads to whom it led to before.
  /// - Returns: who has them without an id, while he has one.
  private func claimKeys(of after: Contact, before: Contact, _ db: Connection) throws -> [Int64] {
    var others: [Int64] = []
    for (kind, old, new) in [(KeyKind.email, before.email, after.email), (.phone, before.phone, after.phone)]
    where old != new {
      if let old { try release(kind, old, of: after.row, db) }
      guard let new, try !claim(kind, new, for: after.row, db), after.externalID != nil,
        let owner = try owner(of: kind, new, db), owner != after.row, try isNameless(owner, db),
        !others.contains(owner)
      else { continue }
      others.append(owner)
    }
    return others
  }

  /// The keys that an update names.
  public static func keys(_ publicID: String, _ patch: ContactPatch) throws(Refusal) -> ContactKeys {
    var keys = try keys(publicID)
    keys.email = keys.email ?? patch.email.applied(to: nil)?.text
    keys.phone = keys.phone ?? patch.phone.applied(to: nil)?.text
    return keys
  }

  /// What stays of a public id when its person is erased.
  public static func keyHash(_ publicID: String, _ tombstones: Tombstones) -> KeyHash {
    guard let key = prefixed(publicID) else { return tombstones.hash(.id, publicID) }
    return tombstones.hash(KeyHash.Kind(key.kind), key.value)
  }

  /// What a public id says of a contact that is not there yet.
  private static func keys(_ publicID: String) throws(Refusal) -> ContactKeys {
    guard let key = prefixed(publicID) else { return ContactKeys(id: publicID) }
    let isGood =
      switch key.kind {
      case .email: EmailAddress(key.value) != nil
      case .phone: PhoneNumber(key.value) != nil
      case .id, .anonymousID: !key.value.isEmpty
      }
    guard isGood else {
      throw Refusal([
        Issue(pointer: "", code: .badValue, detail: "expected a good key after the colon, got \"\(publicID)\"")
      ])
    }
    var keys = ContactKeys()
    switch key.kind {
    case .id: keys.id = key.value
    case .email: keys.email = key.value
    case .phone: keys.phone = key.value
    case .anonymousID: keys.anonymousID = key.value
    }
    return keys
  }

  private static func prefixed(_ publicID: String) -> (kind: KeyKind, value: String)? {
    guard let colon = publicID.firstIndex(of: ":") else { return nil }
    let value = String(publicID[publicID.index(after: colon)...])
    switch publicID[..<colon] {
    case "email": return (.email, EmailAddress(value)?.text ?? value)
    case "phone": return (.phone, PhoneNumber(value)?.text ?? value)
    case "anonymous": return (.anonymousID, value)
    default: return nil
    }
  }
}

/// A row that another row names is not there: the file was changed from outside.
struct MissingContact: Error {
  let row: Int64
}
