/// One value of a parsed text. Cheap to copy; keeps the document alive.
public struct JSONNode: Sendable {
  public enum Kind: UInt8, Sendable {
    case null = 0, bool, number, string, array, object
  }

  let storage: JSONStorage
  let index: Int

  var entry: TapeEntry { storage.tape[index] }

  public var kind: Kind { entry.kind }

  /// Cost: the first of a document walks through its text, others look up. Ask only for errors.
  public var location: JSONLocation { storage.location(Int(entry.start)) }

  public var isNull: Bool { kind == .null }

  /// Nil when another kind.
  public var bool: Bool? {
    kind == .bool ? rawBytes.first == UInt8(ascii: "t") : nil
  }

  /// Nil when another kind.
  public var number: JSONNumber? {
    kind == .number ? JSONNumber(validated: String(decoding: rawBytes, as: UTF8.self)) : nil
  }

  /// The decoded text. Nil when another kind.
  public var string: String? {
    kind == .string ? decodedString : nil
  }

  /// Whether this is a string of just this text. Builds no String.
  public func isString(_ text: String) -> Bool {
    kind == .string && decodedEquals(text)
  }

  /// The decoded bytes of a string; a slice of the text itself when nothing in it was escaped. Nil when another kind.
  public var stringBytes: ArraySlice<UInt8>? {
    kind == .string ? decodedBytes : nil
  }

  /// The text of this value as it stands, quotes and brackets included.
  public var rawBytes: ArraySlice<UInt8> { storage.bytes(Int(entry.start), Int(entry.end)) }

  /// Values of an array, members of an object, 0 for anything else.
  public var count: Int { entry.children }

  /// Empty unless an array.
  public var elements: [JSONNode] {
    guard kind == .array else { return [] }
    var nodes: [JSONNode] = []
    nodes.reserveCapacity(count)
    var child = index + 1
    while child < Int(entry.next) {
      nodes.append(JSONNode(storage: storage, index: child))
      child = Int(storage.tape[child].next)
    }
    return nodes
  }

  /// In the order of the text. Empty unless an object. No key is built as a String until asked for.
  public var members: [JSONMember] {
    guard kind == .object else { return [] }
    var members: [JSONMember] = []
    members.reserveCapacity(count)
    var key = index + 1
    while key < Int(entry.next) {
      members.append(JSONMember(storage: storage, keyIndex: key))
      key = Int(storage.tape[key + 1].next)
    }
    return members
  }

  /// Nil when there is no such key or this is no object. Compares bytes; cost: linear in the keys.
  public subscript(_ key: String) -> JSONNode? {
    guard kind == .object else { return nil }
    let end = Int(entry.next)
    var at = index + 1
    while at < end {
      if storage.string(at, equals: key) { return JSONNode(storage: storage, index: at + 1) }
      at = Int(storage.tape[at + 1].next)
    }
    return nil
  }

  /// A value that needs the text no more. Recursion is bounded by the depth the parser let in.
  public var value: JSONValue {
    switch kind {
    case .null: .null
    case .bool: .bool(bool ?? false)
    case .number: .number(number ?? 0)
    case .string: .string(decodedString)
    case .array: .array(elements.map(\.value))
    case .object: .object(JSONObject(unique: members.map { ($0.key, $0.value.value) }))
    }
  }
}

/// Strings and keys: both lie on the tape as strings.
extension JSONNode {
  var decodedBytes: ArraySlice<UInt8> {
    let start = Int(entry.start) + 1
    let end = Int(entry.end) - 1
    return entry.isEscaped ? storage.decoded(start, end)[...] : storage.bytes(start, end)
  }

  var decodedString: String { String(decoding: decodedBytes, as: UTF8.self) }

  func decodedEquals(_ text: String) -> Bool { storage.string(index, equals: text) }
}

extension JSONStorage {
  /// Whether the string or key at an index of the tape stands for these bytes. Builds nothing unless it is escaped.
  func string(_ index: Int, equals word: String) -> Bool {
    let entry = tape[index]
    let start = Int(entry.start) + 1
    let end = Int(entry.end) - 1
    let utf8 = word.utf8
    if entry.isEscaped { return decoded(start, end).elementsEqual(utf8) }
    guard utf8.count == end - start else { return false }
    let text = self.text
    return JSONText.areEqual(text.span, start, utf8.span, 0, end - start)
  }
}
