import JSON

extension Condition {
  /// As the language would write it, for what stands in no document: the branches that an `escalate` stands for.
  /// - Parameter label: what people call a step of the program.
  func json(_ label: (Int) -> String) -> JSONValue {
    switch self {
    case .all(let inner): ["all": .array(inner.map { $0.json(label) })]
    case .any(let inner): ["any": .array(inner.map { $0.json(label) })]
    case .not(let inner): ["not": inner.json(label)]
    case .contact(let match): ["contact": match.json]
    case .trigger(let match): ["trigger": match.json]
    case .latest(let type, let match): ["latest": .string(type), "where": match.json]
    case .did(let did): did.json(label)
    case .message(let fact, let choice): [fact.rawValue: .string(choice.text(label))]
    case .consent(let channel): ["consent": .string(channel)]
    case .reachable(let channel): ["reachable": .string(channel)]
    case .weekday(let rules): ["weekday": .array(rules.map { .string($0.text) })]
    case .localTime(let span): ["local_time": .string(span.text)]
    case .list(let list): ["list": .string(list)]
    case .inChain(let chain): ["in_chain": .string(chain)]
    case .relation(let kind): ["relation": .string(kind)]
    case .segment(let id): ["segment": .string(id)]
    case .silence(let silence): silence.json
    case .rfm(let tests):
      [
        "rfm": .object(
          tests.reduce(into: JSONObject()) { object, test in
            var tests = object[test.measure.rawValue]?.object ?? [:]
            tests[test.comparison.rawValue] = .number(JSONNumber(test.score))
            object[test.measure.rawValue] = .object(tests)
          })
      ]
    case .buysAtDiscount(let tests): ["buys_at_discount": .string(tests.phrase)]
    case .prefers(let match): ["prefers": match.json]
    case .ofTrigger(let inner): ["of": "trigger", "is": inner.json(label)]
    case .affordable(let budget): ["affordable": .string(budget.channel), "budget": .string(budget.limit.text)]
    case .neverLeft(let step): ["never_left": .string(label(step))]
    }
  }
}

extension MessageChoice {
  func text(_ label: (Int) -> String) -> String {
    switch self {
    case .last: "last"
    case .any: "any"
    case .step(let step): label(step)
    }
  }
}

extension DayRule {
  var text: String {
    switch self {
    case .weekday(let day): Self.names[day - 1]
    case .nth(let nth, let day): Self.ordinals[nth - 1] + " " + Self.names[day - 1]
    case .last(let day): "last " + Self.names[day - 1]
    case .dayOfMonth(let day): String(day)
    }
  }
}

extension Budget.Limit {
  var text: String {
    switch self {
    case .amount(let amount): amount.text
    case .percent(let percent, let reference): "\(percent.phrase)% of \(reference.text)"
    }
  }
}

extension Match {
  /// As the language would write it; the same text means the same.
  public var text: String { json.text }

  var json: JSONValue {
    .object(
      fields.reduce(into: JSONObject()) { object, field in
        object[field.path.text] = .object(
          field.tests.reduce(into: JSONObject()) { tests, test in
            let (name, value) = test.member
            tests[name] = value
          })
      })
  }
}

extension Match.Test {
  fileprivate var member: (String, JSONValue) {
    switch self {
    case .compare(let comparison, let value): (comparison.rawValue, value.json)
    case .oneOf(let values): ("in", .array(values.map(\.json)))
    case .noneOf(let values): ("not_in", .array(values.map(\.json)))
    case .contains(let value): ("contains", value.json)
    case .startsWith(let value): ("starts_with", value.json)
    case .exists(let wanted): ("exists", .bool(wanted))
    case .any(let match): ("any", match.json)
    }
  }
}

extension Silence {
  fileprivate var json: JSONValue {
    var object: JSONObject = ["silence": .string(type)]
    object["where"] = match?.json
    object["for"] = length.map { .string($0.text) }
    object["longer_than"] = longerThan.map { .string($0.text) }
    return .object(object)
  }
}

extension Did {
  fileprivate func json(_ label: (Int) -> String) -> JSONValue {
    var object: JSONObject = [negated ? "did_not" : "did": .string(type)]
    object["where"] = match?.json
    if !same.isEmpty {
      object["same"] = .object(
        same.reduce(into: JSONObject()) { $0[$1.path.text] = .string($1.triggerPath.text) })
    }
    if tests != NumberTest.atLeastOnce || measure != .times {
      object["measure"] = .string((measure.phrase.isEmpty ? "times" : measure.phrase) + " " + tests.phrase)
    }
    switch window {
    case .ever: object["within"] = "ever"
    case .within(let span): object["within"] = .string(span.text)
    case .sinceEntry: object["since"] = "enter"
    case .sinceStep(let step): object["since"] = .string(label(step))
    case .sinceOwnStart: break
    }
    return .object(object)
  }
}

extension [NumberTest] {
  /// `>= 3 and < 5`
  var phrase: String { map(\.phrase).joined(separator: " and ") }
}
