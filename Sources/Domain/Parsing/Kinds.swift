import JSON

/// Triggers, conditions and steps are objects told apart by one key: `{"wait": …}` is a wait.
struct Kinds {
  /// "a step"
  let what: String
  /// "one step"
  let one: String
  let example: String
  let known: [String]
  /// Part of the language, and not built yet.
  let later: [String]
  /// Keys that any kind may have: they tell nothing.
  let common: [String]
  /// What to do with several in one object.
  let several: String
  let insteadOfLater: String

  /// The only key of `place` that says what it is; nil with an error.
  func find(in place: Place) -> String? {
    guard place.node.kind == .object else {
      place.wrongType(expected: "\(what), an object such as \(example)")
      return nil
    }
    let members = place.members
    let found = members.map(\.name).filter(known.contains)
    if found.count == 1 { return found.first }
    guard !place.findings.isFull else { return nil }
    if found.count > 1 {
      place.error(.badValue, "expected \(one), got \(Self.quoted(found, " and "))", hint: several)
    } else if let member = members.first(where: { later.contains($0.name) }) {
      member.keyError(
        .notYet, "`\(member.name)` is part of the language, but this server does not do it yet", hint: insteadOfLater)
    } else {
      report(members, of: place)
    }
    return nil
  }

  /// Of the keys of one object.
  private static let mostTold = 20

  private func report(_ members: [Place], of place: Place) {
    let expected = "expected \(what), one of \(Self.quoted(known))"
    let strange = members.filter { !common.contains($0.name) }
    guard let first = strange.first else {
      let got = members.isEmpty ? "an empty object" : "only \(Self.quoted(members.map(\.name)))"
      return place.error(.badValue, "\(expected), got \(got)", hint: "write \(example)")
    }
    let told = strange.prefix(Self.mostTold)
    let meant = told.lazy.compactMap { member in nearest(to: member.name, among: known).map { (member, $0) } }.first
    let more = strange.count > told.count ? " and \(strange.count - told.count) more" : ""
    (meant?.0 ?? first).keyError(
      .unknownKey, "\(expected), got \(Self.quoted(told.map { String($0.name.prefix(40)) }))\(more)",
      hint: meant.map { "did you mean `\($0.1)`?" } ?? "write \(example)")
  }

  static func quoted(_ words: [String], _ separator: String = ", ") -> String {
    words.map { "`\($0)`" }.joined(separator: separator)
  }
}
