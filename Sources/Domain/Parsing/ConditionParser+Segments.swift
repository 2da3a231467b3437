import JSON

/// What belongs to segments: who is a member of one, and who does nothing any more.
extension ConditionParser {
  /// What only a run has.
  static let ofRuns = ["trigger", "of"] + MessageFact.allCases.map(\.rawValue)

  func refuseWithoutRun(_ word: String, _ place: Place) {
    let hint =
      MessageFact(rawValue: word).map { "ask for the event: {\"did\": \"message.\($0.rawValue)\"}" }
      ?? (word == "since" ? "say \"within\"" : "ask for events: {\"did\": …}")
    place.keyError(.badValue, "`\(word)` is about a run, and here is none: a segment is about a contact", hint: hint)
  }

  /// `{"silence": "view", "for": "6mo"}`
  func silence(_ value: Place, in place: Place) -> Condition? {
    guard let fields = Fields(place, what: "a condition", known: ["silence", "where", "for", "longer_than"]) else {
      return nil
    }
    let type = eventType(value)
    let match = fields["where"].flatMap(values.match)
    let length = fields["for"].flatMap { $0.span(positive: true) }
    let pause = fields["longer_than"].flatMap { place -> Silence.Pause? in
      let pause = place.parsed("how many times an average", hint: Silence.Pause.hint) { Silence.Pause($0) }
      if case .members(let segment)? = pause?.whose { place.mentions(.segment, segment) }
      return pause
    }
    if !fields.has("for", "longer_than") {
      place.error(
        .missing, "expected `for` or `longer_than`, how long nothing must have happened",
        hint: "write \"for\": \"6mo\" or \"longer_than\": \"1.5x own average\"")
    }
    guard let type else { return nil }
    fields["where"]?.mentionsInKeys(.property(of: type))
    if let length { place.findings.looksBack(type, length, at: fields["for"] ?? place) }
    return .silence(Silence(type: type, match: match, length: length, longerThan: pause))
  }
}

extension Place {
  func segmentID() -> String? {
    let id = parsed("the id of a segment", hint: "1 to 128 letters, digits and `._-:@+`") {
      Segment.isID($0) ? $0 : nil
    }
    if let id { mentions(.segment, id) }
    return id
  }
}
