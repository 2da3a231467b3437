import Domain
import Engine
import Ingest
import SQL

/// Who was erased and who has come back, as those remember who have asked for it. It outlives the server's lives.
final class Erased {
  struct Key: Hashable {
    let kind: KeyHash.Kind
    let value: String
  }

  struct Person {
    let keys: Set<Key>
    let addresses: Set<String>
    /// Anybody may write to him again, and store what he does.
    var isBack = false
    /// The file was looked through after the erasure: nothing of him is left.
    var isGone = false
  }

  /// What hashes are made with.
  static let secret = [UInt8](1...32)

  /// Erasures that were answered.
  private(set) var people: [Person] = []
  /// Of those that were asked for, answered or not: customers of whom something may be missing.
  private var touched: Set<Int> = []
  private var asked: [String: Person] = [:]
  /// Who has sent what.
  private var senders: [Sent: Set<Int>] = [:]

  enum Sent: Hashable {
    case id(String)
    case mark(Int)
  }

  /// Nobody has ever asked for an erasure.
  var isEmpty: Bool { touched.isEmpty }

  // MARK: - What happens

  func asked(_ id: String, _ person: Person) {
    asked[id] = person
    touched.formUnion(person.keys.compactMap { Self.customer($0.value) })
  }

  func answered(_ id: String) {
    guard let person = asked.removeValue(forKey: id) else { return }
    people.append(person)
  }

  /// Whoever was erased with one of these keys is known again, by all of his.
  func back(_ keys: ContactKeys) {
    let keys = Set(Self.all(keys))
    for place in people.indices where !people[place].keys.isDisjoint(with: keys) { people[place].isBack = true }
  }

  func gone(_ place: Int) { people[place].isGone = true }

  func sent(_ events: [IncomingEvent]) {
    for event in events {
      guard let customer = Self.all(event.keys).lazy.compactMap({ Self.customer($0.value) }).first else { continue }
      if let id = event.id { senders[.id(id), default: []].insert(customer) }
      if let mark = Shop.mark(of: event) { senders[.mark(mark), default: []].insert(customer) }
    }
  }

  // MARK: - What follows

  /// Something of him may be missing.
  func mayLack(_ sent: Sent) -> Bool { !isEmpty && !(senders[sent] ?? []).isDisjoint(with: touched) }

  func mayLack(_ value: String) -> Bool { Self.customer(value).map(touched.contains) ?? false }

  func mayLack(_ keys: ContactKeys) -> Bool { Self.all(keys).contains { mayLack($0.value) } }

  /// Somebody was erased with this address, and has not come back.
  func isErased(_ address: String) -> Bool { people.contains { !$0.isBack && $0.addresses.contains(address) } }

  /// The same of the key that counts: the strongest.
  func isErased(_ keys: ContactKeys) -> Bool {
    guard let key = Self.all(keys).first else { return false }
    return people.contains { !$0.isBack && $0.keys.contains(key) }
  }

  /// The strongest first.
  private static func all(_ keys: ContactKeys) -> [Key] {
    let pairs: [(KeyHash.Kind, String?)] = [
      (.id, keys.id), (.email, keys.email), (.phone, keys.phone), (.anonymousID, keys.anonymousID),
    ]
    return pairs.compactMap { kind, value in value.map { Key(kind: kind, value: $0) } }
  }

  /// The number in every key of a customer of the script.
  private static func customer(_ key: String) -> Int? {
    for start in ["visitor ", Script.phone, "c"] where key.hasPrefix(start) {
      return Int(key.dropFirst(start.count).prefix { $0 != "@" })
    }
    return nil
  }
}

extension Erased.Person {
  /// As the file knows him.
  init(of contact: Int64, _ db: Connection) throws {
    let keys = try db.query("SELECT kind, value FROM contact_keys WHERE contact = $1", [.int(contact)]) { row in
      KeyHash.Kind(rawValue: UInt8(row.int(0))).map { Erased.Key(kind: $0, value: row.text(1)) }
    }.compactMap { $0 }
    let own = try db.query("SELECT email, phone FROM contacts WHERE id = $1", [.int(contact)]) {
      [$0.optionalText(0), $0.optionalText(1)].compactMap { $0 }
    }
    let addresses = keys.filter { [.email, .phone].contains($0.kind) }.map(\.value)
    self.init(keys: Set(keys), addresses: Set(addresses + own.flatMap { $0 }))
  }
}
