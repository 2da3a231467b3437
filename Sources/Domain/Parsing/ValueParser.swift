import JSON

/// Reads literals, `{"from": …}`, `where` and number tests.
struct ValueParser {
  let steps: StepNames
  /// False where values of a run, its trigger and its data, cannot be named.
  var hasRun = true
  /// The flags of the send whose data is read; nil elsewhere.
  var flags: [String]?

  func expression(_ place: Place) -> ValueExpression? {
    guard place.node.kind == .object, place.node["from"] != nil else { return .literal(place.node.value) }
    guard let fields = Fields(place, what: "a value", known: ["from"]), let from = fields["from"] else { return nil }
    return reference(from).map { .from($0) }
  }

  /// A literal that is no object or list, or `{"from": …}`.
  func scalar(_ place: Place) -> ValueExpression? {
    if place.node.kind == .array || (place.node.kind == .object && place.node["from"] == nil) {
      place.wrongType(
        expected: "a text, a number, true, false, null or {\"from\": …}",
        hint: place.node.kind == .array ? "one of several: {\"in\": [\"shoes\", \"boots\"]}" : nil)
      return nil
    }
    return expression(place)
  }

  func reference(_ place: Place) -> Reference? {
    place.string("a path such as \"trigger.sku\"").flatMap { reference(place, $0) }
  }

  func reference(_ place: Place, _ text: String) -> Reference? {
    guard let path = propertyPath(place, text) else { return nil }
    var parts = path.parts
    let root = parts.removeFirst()
    if Reference.laterRoots.contains(root) {
      place.error(.notYet, "paths into `\(root)` come later", hint: "use contact, trigger, latest, data or flags")
      return nil
    }
    guard hasRun || !Reference.ofRuns.contains(root) else {
      place.error(
        .badValue, "`\(root)` is a run's, and here is none: a segment is about a contact",
        hint: "use contact or latest")
      return nil
    }
    guard Reference.roots.contains(root) else {
      place.error(
        .badValue,
        "expected a path that begins with contact, trigger, latest, data or flags, got \"\(text.prefix(60))\"",
        hint: nearest(to: root, among: Reference.roots).map { "did you mean `\($0)`?" })
      return nil
    }
    var type: String?
    if root == "latest", !parts.isEmpty {
      type = parts.removeFirst()
      // The server's own types have two words.
      if let first = type, Self.ownFamilies.contains(first), !parts.isEmpty { type = first + "." + parts.removeFirst() }
    }
    guard !parts.isEmpty else {
      place.error(.badValue, "expected a path below `\(root)`, got \"\(text)\"")
      return nil
    }
    let rest = PropertyPath(parts: parts)
    switch root {
    case "contact":
      place.mentions(.attribute, rest)
      return .contact(rest)
    case "trigger":
      place.mentions(.triggerProperty, rest)
      return .trigger(rest)
    case "latest":
      if let type {
        place.mentions(.eventType, type)
        place.mentions(.property(of: type), rest)
        place.findings.asksLatest(type, at: place)
      }
      return type.map { .latest(type: $0, rest) }
    case "flags": return flag(place, rest)
    default: return .data(rest)
    }
  }

  private func flag(_ place: Place, _ path: PropertyPath) -> Reference? {
    guard let flags else {
      place.error(.badValue, "paths into `flags` are for the `data` of a send that has `flags`")
      return nil
    }
    guard flags.contains(path.text) else {
      place.error(
        .unknownReference, "expected one of this send's flags, got \"\(path.text.prefix(60))\"",
        hint: nearest(to: path.text, among: flags).map { "did you mean `\($0)`?" })
      return nil
    }
    return .flag(path.text)
  }

  static let ownFamilies = [
    "message", "call", "segment", "rfm", "points", "coupon", "product", "survey", "contact", "chain",
    "enroll", "leave",
  ]

  func propertyPath(_ place: Place) -> PropertyPath? {
    guard let text = place.string("a property path such as \"items.sku\"") else { return nil }
    return propertyPath(place, text)
  }

  func propertyPath(_ place: Place, _ text: String) -> PropertyPath? {
    propertyPath(text) { place.error(.badValue, $0, hint: $1) }
  }

  /// The path that is the key, not the value.
  func pathInKey(of place: Place) -> PropertyPath? {
    propertyPath(place.name) { place.keyError(.badValue, $0, hint: $1) }
  }

  private func propertyPath(_ text: String, _ refuse: (String, String?) -> Void) -> PropertyPath? {
    guard let path = PropertyPath(text) else {
      refuse("expected names joined by dots, got \"\(text.prefix(80))\"", "write \"total\" or \"items.sku\"")
      return nil
    }
    guard path.parts.first != "properties" else {
      let rest = path.parts.dropFirst().joined(separator: ".")
      refuse(
        "property paths never begin with `properties.`",
        rest.isEmpty ? "name the property itself: \"total\"" : "write \"\(rest)\"")
      return nil
    }
    return path
  }

  /// `{"total": {">=": 1000}, "city": "Kazan"}`
  func match(_ place: Place) -> Match? {
    guard place.node.kind == .object else {
      place.wrongType(expected: "an object of property paths")
      return nil
    }
    guard !place.node.members.isEmpty else {
      place.error(.badValue, "expected at least one property, got an empty object", hint: "leave it out to match all")
      return nil
    }
    let fields = place.members.compactMap { member -> Match.Field? in
      let path = pathInKey(of: member)
      let tests = tests(member)
      guard let path, let tests else { return nil }
      return Match.Field(path: path, tests: tests)
    }
    return Match(fields: fields)
  }

  private func tests(_ place: Place) -> [Match.Test]? {
    guard place.node.kind == .object, place.node["from"] == nil else {
      return scalar(place).map { [.compare(.equal, $0)] }
    }
    guard let fields = Fields(place, what: "operators", known: Match.operators) else { return nil }
    if place.node.members.isEmpty {
      place.error(.badValue, "expected at least one operator, got an empty object")
      return nil
    }
    return Match.operators.compactMap { word in fields[word].flatMap { test(word, $0) } }
  }

  private func test(_ word: String, _ place: Place) -> Match.Test? {
    if let comparison = Comparison(rawValue: word) { return scalar(place).map { .compare(comparison, $0) } }
    switch word {
    case "in": return values(place).map { .oneOf($0) }
    case "not_in": return values(place).map { .noneOf($0) }
    case "contains": return scalar(place).map { .contains($0) }
    case "starts_with": return scalar(place).map { .startsWith($0) }
    case "exists":
      guard let wanted = place.node.bool else {
        place.wrongType(expected: "true or false")
        return nil
      }
      return .exists(wanted)
    default: return match(place).map { .any($0) }
    }
  }

  private func values(_ place: Place) -> [ValueExpression]? {
    guard let places = place.list(of: "values") else { return nil }
    if places.isEmpty { place.error(.badValue, "expected at least one value, got an empty list") }
    return places.compactMap(scalar)
  }

  /// `{">=": 3}` or a bare number, which means equal.
  func numberTests(_ place: Place) -> [NumberTest]? {
    guard place.node.kind == .object, place.node["from"] == nil else {
      return number(place).map { [NumberTest(comparison: .equal, operand: $0)] }
    }
    guard let fields = Fields(place, what: "comparisons", known: Comparison.allCases.map(\.rawValue)) else {
      return nil
    }
    if place.node.members.isEmpty {
      place.error(.badValue, "expected a comparison such as {\">=\": 3}, got an empty object")
      return nil
    }
    return Comparison.allCases.compactMap { comparison in
      fields[comparison.rawValue].flatMap(number).map { NumberTest(comparison: comparison, operand: $0) }
    }
  }

  private func number(_ place: Place) -> NumberTest.Operand? {
    let ending = " of own year"
    if let text = place.node.string, text.hasSuffix(ending) {
      if let percent = Percent(String(text.dropLast(ending.count)), most: 10_000) {
        return .percentOfOwnYear(percent.value)
      }
      place.error(.badValue, "expected a share, got \"\(text.prefix(60))\"", hint: "write \"90% of own year\"")
      return nil
    }
    guard place.node.kind == .number || place.node["from"] != nil else {
      place.wrongType(expected: "a number, {\"from\": …} or \"90% of own year\"")
      return nil
    }
    return expression(place).map { .value($0) }
  }

  func assignments(_ place: Place) -> [Assignment] {
    guard place.node.kind == .object else {
      place.wrongType(expected: "an object of names and values")
      return []
    }
    return place.members.compactMap { member in
      guard Self.hasGoodName(member) else { return nil }
      return expression(member).map { Assignment(name: member.name, value: $0) }
    }
  }

  /// Whether templates can name what stands under this key; an error when not.
  static func hasGoodName(_ member: Place) -> Bool {
    if isName(member.name) { return true }
    member.keyError(
      .badValue,
      "expected a name of letters, digits and `_`, not beginning with a digit, got \"\(member.name.prefix(60))\"",
      hint: "templates write it as {{data.first_name}}")
    return false
  }

  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 64, !(48...57).contains(first) else { return false }
    return text.utf8.allSatisfy {
      (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 95
    }
  }
}
