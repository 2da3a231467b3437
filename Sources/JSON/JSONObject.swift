/// Keys in insertion order (people read answers), lookup by key. Equality ignores the order.
public struct JSONObject: Sendable {
  private var members: [(key: String, value: JSONValue)]
  /// Position of each key; empty while there are few keys, which are looked through one by one.
  private var positions: [String: Int] = [:]

  private static let scannedKeys = 12

  public init() { members = [] }

  /// The keys are known to be different.
  init(unique members: [(key: String, value: JSONValue)]) {
    self.members = members
    index()
  }

  public var isEmpty: Bool { members.isEmpty }
  public var count: Int { members.count }
  public var keys: [String] { members.map(\.key) }

  /// Setting an absent key appends it, setting nil removes it (cost: linear).
  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (nil, let value?): append(key, value)
      case (let position?, nil):
        members.remove(at: position)
        index()
      case (nil, nil): break
      }
    }
  }

  private mutating func append(_ key: String, _ value: JSONValue) {
    members.append((key, value))
    if !positions.isEmpty {
      positions[key] = members.count - 1
    } else if members.count > Self.scannedKeys {
      index()
    }
  }

  private mutating func index() {
    positions.removeAll()
    guard members.count > Self.scannedKeys else { return }
    for (position, member) in members.enumerated() { positions[member.key] = position }
  }

  private func position(of key: String) -> Int? {
    positions.isEmpty ? members.firstIndex { $0.key == key } : positions[key]
  }
}

extension JSONObject: Sequence {
  public func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> { members.makeIterator() }
  public var underestimatedCount: Int { members.count }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// A key that stands twice keeps its place and takes the later value.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init()
    members.reserveCapacity(elements.count)
    for (key, value) in elements { self[key] = value }
  }
}

extension JSONObject: Hashable {
  public static func == (one: JSONObject, other: JSONObject) -> Bool {
    one.count == other.count && one.members.allSatisfy { other[$0.key] == $0.value }
  }

  public func hash(into hasher: inout Hasher) {
    var mixed = 0
    for member in members {
      var one = Hasher()
      one.combine(member.key)
      one.combine(member.value)
      mixed ^= one.finalize()
    }
    hasher.combine(mixed)
  }
}
