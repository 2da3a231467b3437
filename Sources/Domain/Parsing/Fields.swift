import JSON

/// The members of one object while they are read: says at once which keys it does not know, with the nearest that it
/// does, and which come later.
struct Fields {
  let place: Place
  private let members: [String: JSONNode]

  /// Nil, with an error, when it is no object.
  init?(_ place: Place, what: String, known: [String], later: [String] = []) {
    guard place.node.kind == .object else {
      place.wrongType(expected: what)
      return nil
    }
    self.place = place
    var members: [String: JSONNode] = [:]
    for member in place.node.members {
      members[member.key] = member.value
      guard !known.contains(member.key) else { continue }
      let pointer = place.pointer + "/" + member.key.escapedForPointer
      if later.contains(member.key) {
        place.findings.error(
          Issue(
            pointer: pointer, at: member.keyLocation, code: .notYet,
            detail: "`\(member.key)` is part of the language, but this server does not do it yet",
            hint: "leave `\(member.key)` out"))
      } else {
        let word = nearest(to: member.key, among: known)
        place.findings.error(
          Issue(
            pointer: pointer, at: member.keyLocation, code: .unknownKey,
            detail:
              "expected one of \(known.map { "`\($0)`" }.joined(separator: ", ")), got `\(member.key.prefix(60))`",
            hint: word.map { "did you mean `\($0)`?" }))
      }
    }
    self.members = members
  }

  subscript(key: String) -> Place? {
    members[key].map {
      Place(node: $0, pointer: place.pointer + "/" + key.escapedForPointer, findings: place.findings)
    }
  }

  /// The value of a key that must be there.
  func required(_ key: String) -> Place? {
    if let place = self[key] { return place }
    place.error(.missing, "expected the key `\(key)`, which is missing")
    return nil
  }

  func string(_ key: String) -> String? { self[key]?.string("a text") }

  func bool(_ key: String) -> Bool? {
    guard let place = self[key] else { return nil }
    if place.node.bool == nil { place.wrongType(expected: "true or false") }
    return place.node.bool
  }

  /// One of the words of an enumeration.
  func word<T: RawRepresentable<String>>(_ key: String, of values: [T]) -> T? {
    guard let place = self[key], let text = place.string("a word") else { return nil }
    if let value = T(rawValue: text) { return value }
    let words = values.map(\.rawValue)
    place.error(
      .badValue, "expected one of \(words.map { "`\($0)`" }.joined(separator: ", ")), got \"\(text.prefix(60))\"",
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
