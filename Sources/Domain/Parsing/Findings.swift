import JSON

/// Collects what is wrong and what is doubtful about one document while it is read.
final class Findings {
  private(set) var errors: [Issue] = []
  private(set) var warnings: [Issue] = []

  /// What looks back, and where its window is written: for who knows how long events are kept.
  private(set) var windows: [(node: JSONNode, pointer: String, did: Did)] = []

  func looksBack(_ did: Did, at place: Place) { windows.append((place.node, place.pointer, did)) }

  /// Where the latest event of a type is asked for.
  private(set) var latest: [(place: Place, type: String)] = []

  func asksLatest(_ type: String, at place: Place) { latest.append((place, type)) }

  /// The steps that are named, by their indices, and where.
  private(set) var steps: [(place: Place, step: Int)] = []

  func names(_ step: Int, at place: Place) { steps.append((place, step)) }

  /// Where `not` makes something a `did_not` without a window.
  private(set) var turned: [(place: Place, isAwaited: Bool)] = []

  func turns(_ place: Place, isAwaited: Bool) { turned.append((place, isAwaited)) }

  /// What has not happened for a length of time must be kept as long.
  func looksBack(_ type: String, _ length: Span, at place: Place) {
    looksBack(
      Did(
        type: type, negated: true, match: nil, same: [], measure: .times, tests: NumberTest.atLeastOnce,
        window: .within(length)), at: place)
  }

  /// What the document names outside itself, for who knows what there is.
  private(set) var mentions: [Mention] = []
  private static let mostMentions = 10_000

  func mention(_ mention: Mention) {
    if mentions.count < Self.mostMentions { mentions.append(mention) }
  }

  /// More would only bury the first ones.
  static let limit = 200

  /// No further error is told, so none need be worded: that costs more than reading.
  var isFull: Bool { errors.count >= Self.limit }
  var isFullOfWarnings: Bool { warnings.count >= Self.limit }

  func error(_ issue: Issue) { if errors.count < Self.limit { errors.append(issue) } }
  func warning(_ issue: Issue) { if warnings.count < Self.limit { warnings.append(issue) } }
}

/// A value and where it stands.
struct Place {
  let node: JSONNode
  let pointer: String
  let findings: Findings
  /// What it stands under, in an object.
  var key: JSONMember?

  /// Its words are made only when they are told.
  func error(_ code: Issue.Code, _ detail: @autoclosure () -> String, hint: @autoclosure () -> String? = nil) {
    guard !findings.isFull else { return }
    findings.error(Issue(pointer: pointer, at: node.location, code: code, detail: detail(), hint: hint()))
  }

  func warning(_ code: Issue.Code, _ detail: @autoclosure () -> String, hint: @autoclosure () -> String? = nil) {
    guard !findings.isFullOfWarnings else { return }
    findings.warning(Issue(pointer: pointer, at: node.location, code: code, detail: detail(), hint: hint()))
  }

  /// A doubt about the key, not the value.
  func doubtKey(_ detail: @autoclosure () -> String, hint: @autoclosure () -> String? = nil) {
    guard !findings.isFullOfWarnings else { return }
    let location = key?.keyLocation ?? node.location
    findings.warning(Issue(pointer: pointer, at: location, code: .doubtful, detail: detail(), hint: hint()))
  }

  func wrongType(expected: String, hint: String? = nil) {
    error(.wrongType, "expected \(expected), got \(node.described)", hint: hint)
  }

  func element(_ index: Int, _ node: JSONNode) -> Place {
    Place(node: node, pointer: "\(pointer)/\(index)", findings: findings)
  }

  /// The elements; nil, with an error, when it is no list.
  func list(of what: String) -> [Place]? {
    guard node.kind == .array else {
      wrongType(expected: "a list of \(what)")
      return nil
    }
    return node.elements.enumerated().map { element($0.offset, $0.element) }
  }

  func string(_ what: String, hint: String? = nil) -> String? {
    guard let string = node.string else {
      wrongType(expected: what, hint: hint)
      return nil
    }
    return string
  }

  /// A text that `parse` understands.
  /// - Parameter meant: the word that a wrong one may have been meant to be.
  func parsed<T>(
    _ what: String, hint: String, meant: (String) -> String? = { _ in nil }, _ parse: (String) -> T?
  ) -> T? {
    guard let text = string(what, hint: "write \(hint)") else { return nil }
    if let value = parse(text) { return value }
    guard !findings.isFull else { return nil }
    let hint = meant(text).map { "did you mean `\($0)`?" } ?? "write \(hint)"
    error(.badValue, "expected \(what), got \"\(text.prefix(80))\"", hint: hint)
    return nil
  }

  func clockTime() -> ClockTime? { parsed("a clock time", hint: "\"10:00\"") { ClockTime($0) } }

  /// One day or several.
  func days() -> [DayRule] {
    oneOrMore("day", plural: "days").compactMap { place in
      place.parsed("a day", hint: DayRule.hint, meant: DayRule.meant) { DayRule($0) }
    }
  }

  func offset() -> Offset? { parsed("a duration before or after", hint: "\"-3d\" or \"3d\"") { Offset($0) } }

  /// A name of something a shop calls as it likes: a list, a slot, a relation.
  func name(_ what: String) -> String? {
    parsed("the name of \(what)", hint: ShopName.hint) { ShopName.isGood($0) ? $0 : nil }
  }

  func chainID() -> String? {
    let id = parsed("the id of a chain", hint: "1 to 128 letters, digits and `._-:@+`") {
      Segment.isID($0) ? $0 : nil
    }
    if let id { mentions(.chain, id) }
    return id
  }

  func number(in range: ClosedRange<Int>) -> Int? {
    guard node.kind == .number else {
      wrongType(expected: "a whole number")
      return nil
    }
    if let int = node.number?.int, let number = Int(exactly: int), range.contains(number) { return number }
    error(
      .badValue,
      "expected a whole number from \(range.lowerBound) to \(range.upperBound), got \(node.number?.text.prefix(40) ?? "")"
    )
    return nil
  }

  func span(positive: Bool = false) -> Span? {
    guard let span = parsed("a duration", hint: Span.hint, { Span($0) }) else { return nil }
    if positive, span.isZero {
      error(.badValue, "expected a duration above zero, got \"\(node.string ?? "")\"")
      return nil
    }
    return span
  }
}

extension JSONNode {
  /// The node that a pointer leads to; where it leads nowhere, the last on the way.
  func node(at pointer: String) -> JSONNode {
    pointer.split(separator: "/").reduce(self) { node, part in
      guard node.kind == .array else { return node[String(part)] ?? node }
      return Int(part).flatMap { node.elements[safe: $0] } ?? node
    }
  }

  /// What came, for the second half of "expected …, got …".
  var described: String {
    switch kind {
    case .null: "null"
    case .bool: bool == true ? "true" : "false"
    case .number: "the number \(number?.text.prefix(40) ?? "")"
    case .string: "the text \"\(string?.prefix(60) ?? "")\""
    case .array: "a list"
    case .object: "an object"
    }
  }
}
