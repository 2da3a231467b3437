import JSON

/// The members of one object while they are read: says at once which keys it does not know, with the nearest that it
/// does, and which come later.
struct Fields {
  let place: Place
  private let members: [String: Place]
  /// Known keys that unknown ones were probably meant to be.
  private let misspelt: Set<String>

  /// Nil, with an error, when it is no object.
  init?(_ place: Place, what: String, known: [String], later: [String] = []) {
    guard place.node.kind == .object else {
      place.wrongType(expected: what)
      return nil
    }
    self.place = place
    var (members, misspelt): ([String: Place], Set<String>) = ([:], [])
    for member in place.members {
      members[member.name] = member
      guard !known.contains(member.name), !place.findings.isFull else { continue }
      if later.contains(member.name) {
        member.keyError(
          .notYet, "`\(member.name)` is part of the language, but this server does not do it yet",
          hint: "leave `\(member.name)` out")
      } else {
        let meant = nearest(to: member.name, among: known)
        if let meant { misspelt.insert(meant) }
        member.keyError(
          .unknownKey, "expected one of \(Kinds.quoted(known)), got `\(member.name.prefix(60))`",
          hint: meant.map { "did you mean `\($0)`?" })
      }
    }
    (self.members, self.misspelt) = (members, misspelt)
  }

  subscript(key: String) -> Place? { members[key] }

  /// The value of a key that must be there. One that is only misspelt is reported as that.
  /// - Parameter example: how it may be written.
  func required(_ key: String, example: String? = nil) -> Place? {
    if let place = self[key] { return place }
    if misspelt.contains(key) { return nil }
    place.error(
      .missing, "expected the key `\(key)`, which is missing", hint: example.map { "write \"\(key)\": \($0)" })
    return nil
  }

  /// Whether one of the keys is there, or one that was meant to be it.
  func has(_ keys: String...) -> Bool { keys.contains { self[$0] != nil || misspelt.contains($0) } }

  func string(_ key: String) -> String? { self[key]?.string("a text") }

  func bool(_ key: String) -> Bool? {
    guard let place = self[key] else { return nil }
    if place.node.bool == nil { place.wrongType(expected: "true or false") }
    return place.node.bool
  }

  /// One of the words of an enumeration.
  func word<T: RawRepresentable<String>>(_ key: String, of values: [T]) -> T? {
    let words = values.map(\.rawValue)
    let expected = words.count == 1 ? "`\(words[0])`" : "one of \(Kinds.quoted(words))"
    guard let place = self[key], let text = place.string(expected) else { return nil }
    if let value = values.first(where: { $0.rawValue == text }) { return value }
    place.error(
      .badValue, "expected \(expected), got \"\(text.prefix(60))\"",
      hint: nearest(to: text, among: words).map { "did you mean `\($0)`?" })
    return nil
  }
}

extension String {
  /// RFC 6901 §3.
  public var escapedForPointer: String {
    guard utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return self }
    return reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
  }
}
