public import Domain
public import SQL

/// Which contact a key leads to.
extension People {
  /// As stored; the strongest first.
  enum KeyKind: Int, CaseIterable {
    case id = 1
    case email, phone, anonymousID

    /// What profiles call it.
    var field: String {
      switch self {
      case .id: "id"
      case .email: "email"
      case .phone: "phone"
      case .anonymousID: "anonymous_id"
      }
    }
  }

  /// A person whom keys name.
  public struct Found: Sendable, Equatable {
    /// contacts.id
    public let row: Int64
    /// Contacts without an id whom the keys name too, while he has one: they are he.
    public var others: [Int64] = []
    /// Names of fields that the keys have filled of a contact who was there before.
    public var learned: [String] = []
  }

  /// Whose event it is: the contact that the strongest key leads to, made when there is none. What the keys say beyond
  /// that fills what the contact lacks. An `id` nobody has yet goes to the contact of a weaker key that has no `id`. Who
  /// has no id, or is new, is the person with an id whose phone is named beside his e-mail; a browser says that of nobody,
  /// for it is shared.
  ///
  /// At least one key must be there; `at` is when the contact was first seen, if he is new.
  public func whose(_ keys: ContactKeys, at moment: Timestamp, _ db: Connection) throws -> Found {
    let given = Self.list(keys)
    guard let strongest = given.first else { throw NamelessEvent() }
    if let row = try owner(of: strongest.kind, strongest.value, db) {
      return given.count > 1 ? try learn(given[...], row: row, db) : Found(row: row)
    }
    if let row = try adopter(of: strongest.kind, among: given.dropFirst(), db) {
      return try learn(given[...], row: row, db)
    }
    if keys.id == nil, let phone = keys.phone, let row = try owner(of: .phone, phone, db), try !isNameless(row, db) {
      return try learn(given[...], row: row, db)
    }
    let row = try insert(keys, at: moment, db)
    for key in given where try !claim(key.kind, key.value, for: row, db) && key.kind == .anonymousID && keys.id != nil {
      try move(key.kind, key.value, to: row, db)
    }
    return Found(row: row)
  }

  /// Whom `whose` would find; nil where it would make a contact.
  public func known(_ keys: ContactKeys, _ db: Connection) throws -> Int64? {
    let given = Self.list(keys)
    guard let strongest = given.first else { return nil }
    if let row = try owner(of: strongest.kind, strongest.value, db) { return row }
    if let row = try adopter(of: strongest.kind, among: given.dropFirst(), db) { return row }
    guard keys.id == nil, let phone = keys.phone, let row = try owner(of: .phone, phone, db) else { return nil }
    return try isNameless(row, db) ? nil : row
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

  /// Takes the key unless somebody has it.
  /// - Returns: whether nobody had.
  @discardableResult
  func claim(_ kind: KeyKind, _ value: String, for row: Int64, _ db: Connection) throws -> Bool {
    let taken = try db.run(Self.takeKey) { key in
      key.bind(1, kind.rawValue)
      key.bind(2, value)
      key.bind(3, row)
    }
    return taken == 1
  }

  private func move(_ kind: KeyKind, _ value: String, to row: Int64, _ db: Connection) throws {
    try db.run(
      "UPDATE contact_keys SET contact = $3 WHERE kind = $1 AND value = $2",
      [.int(kind.rawValue), .text(value), .int(row)])
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

  /// Remembers keys that nobody has yet and fills the fields they stand for; says who else they lead to. A browser
  /// belongs to whom with an id it was last seen with.
  private func learn(
    _ keys: ArraySlice<(kind: KeyKind, value: String)>, row: Int64, _ db: Connection
  ) throws -> Found {
    let news = try keys.map { (key: $0, owner: try owner(of: $0.kind, $0.value, db)) }.filter { $0.owner != row }
    guard !news.isEmpty, var contact = try contact(row, db) else { return Found(row: row) }
    if contact.externalID == nil, !keys.contains(where: { $0.kind == .id }),
      let other = news.first(where: { $0.key.kind == .phone })?.owner,
      try self.contact(other, db)?.externalID != nil
    {
      var found = try learn(keys, row: other, db)
      found.others = [row] + found.others.filter { $0 != row }
      return found
    }
    var found = Found(row: row)
    for (key, _) in news where contact[key.kind] == nil {
      contact[key.kind] = key.value
      found.learned.append(key.kind.field)
    }
    if !found.learned.isEmpty { try update(contact, db) }
    for (key, owner) in news {
      guard let owner else {
        try claim(key.kind, key.value, for: row, db)
        continue
      }
      guard contact.externalID != nil else { continue }
      if try isNameless(owner, db) {
        if !found.others.contains(owner) { found.others.append(owner) }
      } else if key.kind == .anonymousID {
        try move(key.kind, key.value, to: row, db)
      }
    }
    return found
  }

  /// Whether nobody has given him an id yet.
  func isNameless(_ row: Int64, _ db: Connection) throws -> Bool { try contact(row, db)?.externalID == nil }
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
