public import Domain
public import SQL

/// Which contact a key leads to.
extension People {
  /// As stored; the strongest first.
  enum KeyKind: Int, CaseIterable {
    case id = 1
    case email, phone, anonymousID
  }

  /// Whose event it is: the contact that the strongest key leads to, made when there is none. What the keys say beyond
  /// that fills what the contact lacks. An `id` nobody has yet goes to the contact of a weaker key that has no `id`.
  ///
  /// At least one key must be there; `at` is when the contact was first seen, if he is new.
  public func resolve(_ keys: ContactKeys, at moment: Timestamp, _ db: Connection) throws -> Int64 {
    let given = Self.list(keys)
    guard let strongest = given.first else { throw NamelessEvent() }
    if let row = try owner(of: strongest.kind, strongest.value, db) {
      if given.count > 1 { try learn(given.dropFirst(), row: row, db) }
      return row
    }
    if let row = try adopter(of: strongest.kind, among: given.dropFirst(), db) {
      try learn(given[...], row: row, db)
      return row
    }
    let row = try insert(keys, at: moment, db)
    for key in given { try claim(key.kind, key.value, for: row, moving: key.kind == .anonymousID, db) }
    return row
  }

  /// Whom `resolve` would find; nil where it would make a contact.
  public func known(_ keys: ContactKeys, _ db: Connection) throws -> Int64? {
    let given = Self.list(keys)
    guard let strongest = given.first else { return nil }
    if let row = try owner(of: strongest.kind, strongest.value, db) { return row }
    return try adopter(of: strongest.kind, among: given.dropFirst(), db)
  }

  private static let ownerOfKey = Query("SELECT contact FROM contact_keys WHERE kind = $1 AND value = $2")
  private static let takeKey = Query(
    "INSERT INTO contact_keys (kind, value, contact) VALUES ($1, $2, $3) ON CONFLICT (kind, value) DO NOTHING")

  func owner(of kind: KeyKind, _ value: String, _ db: Connection) throws -> Int64? {
    let bind = { (statement: Statement) in
      statement.bind(1, kind.rawValue)
      statement.bind(2, value)
    }
    return try db.first(Self.ownerOfKey, bind) { $0.int(0) }
  }

  /// - Parameter moving: takes a browser from the contact it was last seen with. From a contact without an `id` every key
  ///   goes to one who has: they are one person, and what comes from now on is his. (What came before stays where it is
  ///   until contacts are merged.)
  func claim(_ kind: KeyKind, _ value: String, for row: Int64, moving: Bool = false, _ db: Connection) throws {
    let taken = try db.run(Self.takeKey) { key in
      key.bind(1, kind.rawValue)
      key.bind(2, value)
      key.bind(3, row)
    }
    guard taken == 0 else { return }
    try db.run(
      """
      UPDATE contact_keys SET contact = $3 WHERE kind = $1 AND value = $2
        AND (SELECT external_id FROM contacts WHERE id = $3) IS NOT NULL
        AND ($4 = 1 OR (SELECT external_id FROM contacts WHERE id = contact_keys.contact) IS NULL)
      """,
      [.int(kind.rawValue), .text(value), .int(row), .bool(moving)])
  }

  func release(_ kind: KeyKind, _ value: String, of row: Int64, _ db: Connection) throws {
    try db.run(
      "DELETE FROM contact_keys WHERE kind = $1 AND value = $2 AND contact = $3",
      [.int(kind.rawValue), .text(value), .int(row)])
  }

  private static func list(_ keys: ContactKeys) -> [(kind: KeyKind, value: String)] {
    var list: [(KeyKind, String)] = []
    if let id = keys.id { list.append((.id, id)) }
    if let email = keys.email { list.append((.email, email)) }
    if let phone = keys.phone { list.append((.phone, phone)) }
    if let anonymousID = keys.anonymousID { list.append((.anonymousID, anonymousID)) }
    return list
  }

  /// The contact of a weaker key that lacks the stronger one: a visitor who says who he is.
  private func adopter(
    of kind: KeyKind, among weaker: ArraySlice<(kind: KeyKind, value: String)>, _ db: Connection
  ) throws -> Int64? {
    for key in weaker {
      guard let row = try owner(of: key.kind, key.value, db), let contact = try contact(row, db) else { continue }
      if contact.externalID == nil, contact[kind] == nil { return row }
    }
    return nil
  }

  /// Remembers keys that nobody has yet and fills the fields they stand for.
  private func learn(
    _ keys: ArraySlice<(kind: KeyKind, value: String)>, row: Int64, _ db: Connection
  ) throws {
    let news = try keys.filter { try owner(of: $0.kind, $0.value, db) != row }
    guard !news.isEmpty, var contact = try contact(row, db) else { return }
    var isFilled = false
    for key in news {
      try claim(key.kind, key.value, for: row, moving: key.kind == .anonymousID, db)
      if contact[key.kind] == nil {
        contact[key.kind] = key.value
        isFilled = true
      }
    }
    if isFilled { try update(contact, db) }
  }
}

/// An event that names nobody got past the door.
struct NamelessEvent: Error {}

extension Contact {
  subscript(kind: People.KeyKind) -> String? {
    get {
      switch kind {
      case .id: externalID
      case .email: email
      case .phone: phone
      case .anonymousID: anonymousID
      }
    }
    set {
      switch kind {
      case .id: externalID = newValue
      case .email: email = newValue
      case .phone: phone = newValue
      case .anonymousID: anonymousID = newValue
      }
    }
  }
}
