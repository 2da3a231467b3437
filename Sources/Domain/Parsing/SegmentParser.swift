public import JSON

/// Reads a segment's document: all of its errors at once, and a segment when there are none.
public struct SegmentParser {
  public struct Result: Sendable {
    /// Nil when there are errors.
    public let segment: Segment?
    public let errors: [Issue]
    public let warnings: [Issue]
  }

  static let known = ["name", "note", "is", "$schema"]

  /// Without `references`, what the document names outside itself is not looked for.
  public static func parse(_ node: JSONNode, references: References? = nil) -> Result {
    let findings = Findings()
    let segment = read(Place(node: node, pointer: "", findings: findings), references)
    return Result(
      segment: findings.errors.isEmpty ? segment : nil, errors: findings.errors, warnings: findings.warnings)
  }

  /// A condition alone, as a preview has it under `is`.
  private static func read(_ place: Place, _ references: References?) -> Segment? {
    guard let fields = Fields(place, what: "a segment, an object", known: known) else { return nil }
    _ = fields.string("$schema")
    let (name, note) = (fields.string("name"), fields.string("note"))
    let whom = fields.required("is", example: "{\"did\": \"purchase\", \"within\": \"1y\"}")
    guard let whom, let condition = ConditionParser(steps: StepNames(), at: .segment).parse(whom) else { return nil }
    if condition.changesByTheClock {
      whom.warning(
        .doubtful,
        "`weekday` and `local_time` change for everybody every day: each contact is looked at again and again",
        hint: "ask them in the chain: {\"wait_until\": \"10:00\", \"on\": [\"mon\"]}, or `hours`")
    }
    let segment = Segment(name: name, note: note, condition: condition)
    if let references { ReferenceCheck(references: references, findings: place.findings).check(segment) }
    return segment
  }
}

extension Condition {
  var changesByTheClock: Bool {
    var changes = false
    forEach { if case .weekday = $0 { changes = true } else if case .localTime = $0 { changes = true } }
    return changes
  }
}
