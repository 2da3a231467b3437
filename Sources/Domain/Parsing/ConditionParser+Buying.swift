import JSON

/// How a contact buys: scores, discounts, what he likes.
extension ConditionParser {
  func buying(_ kind: String, _ value: Place) -> Condition? {
    switch kind {
    case "rfm": scores(value).map { .rfm($0) }
    case "buys_at_discount": share(value).map { .buysAtDiscount($0) }
    default: preference(value).map { .prefers($0) }
    }
  }

  /// `{"recency": {">=": 4}, "frequency": {"<": 3}}`
  private func scores(_ place: Place) -> [RfmTest]? {
    let measures = RfmTest.Measure.allCases.map(\.rawValue)
    guard let fields = Fields(place, what: "scores", known: measures) else { return nil }
    if place.node.members.isEmpty {
      place.error(.badValue, "expected at least one of \(Kinds.quoted(measures)), got an empty object")
    }
    return RfmTest.Measure.allCases.flatMap { measure in
      fields[measure.rawValue].map { scores(of: measure, $0) } ?? []
    }
  }

  private func scores(of measure: RfmTest.Measure, _ place: Place) -> [RfmTest] {
    func score(_ place: Place, _ comparison: Comparison) -> RfmTest? {
      place.number(in: 1...5).map { RfmTest(measure: measure, comparison: comparison, score: $0) }
    }
    guard place.node.kind == .object else { return score(place, .equal).map { [$0] } ?? [] }
    guard let fields = Fields(place, what: "comparisons", known: Comparison.allCases.map(\.rawValue)) else { return [] }
    if place.node.members.isEmpty {
      place.error(.badValue, "expected a comparison such as {\">=\": 4}, got an empty object")
    }
    return Comparison.allCases.compactMap { comparison in
      fields[comparison.rawValue].flatMap { score($0, comparison) }
    }
  }

  /// `{">=": 0.5}`
  private func share(_ place: Place) -> [NumberTest]? {
    guard let tests = values.numberTests(place) else { return nil }
    for test in tests {
      switch test.operand {
      case .percentOfOwnYear:
        place.error(.badValue, "expected a share from 0 to 1", hint: "write {\">=\": 0.5}")
      case .value(.literal(let value)):
        guard let number = value.number, number.double < 0 || number.double > 1 else { continue }
        place.error(
          .badValue, "expected a share from 0 to 1, got \(number.text)",
          hint: "half of the purchases: {\">=\": 0.5}")
      case .value(.from): continue
      }
    }
    return tests
  }

  /// `{"category": "iphone"}`
  private func preference(_ place: Place) -> Match? {
    guard Fields(place, what: "what he buys most", known: Preference.names) != nil else { return nil }
    return values.match(place)
  }
}
