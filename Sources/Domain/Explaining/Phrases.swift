import JSON

// How the language reads in a sentence.

extension Timestamp {
  /// `2026-03-09T10:00Z`, with seconds only where there are any.
  public var brief: String {
    let text = rfc3339
    if milliseconds % 60_000 == 0 { return text.prefix(16) + "Z" }
    return milliseconds % 1000 == 0 ? text.prefix(19) + "Z" : text
  }
}

extension JSONValue {
  /// Cut where it is long.
  var phrase: String {
    let text = self.text
    return text.utf8.count <= 60 ? text : String(text.prefix(50)) + "…"
  }
}

extension Double {
  var phrase: String { JSONNumber(self)?.text ?? String(self) }
}

extension Reference {
  /// As the language writes it.
  public var text: String {
    switch self {
    case .contact(let path): "contact." + path.text
    case .trigger(let path): "trigger." + path.text
    case .latest(let type, let path): "latest." + type + "." + path.text
    case .data(let path): "data." + path.text
    case .flag(let name): "flags." + name
    }
  }
}

extension ValueExpression {
  var json: JSONValue {
    switch self {
    case .literal(let value): value
    case .from(let reference): ["from": .string(reference.text)]
    }
  }

  var phrase: String {
    switch self {
    case .literal(let value): value.phrase
    case .from(let reference): reference.text
    }
  }
}

extension Match {
  /// `total >= 1000 and city = "Kazan"`
  public var phrase: String { fields.map(\.phrase).joined(separator: " and ") }
}

extension Match.Field {
  var phrase: String { tests.map { $0.phrase(path.text) }.joined(separator: " and ") }
}

extension Match.Test {
  func phrase(_ path: String) -> String {
    func list(_ values: [ValueExpression]) -> String {
      values.prefix(5).map(\.phrase).joined(separator: ", ") + (values.count > 5 ? ", …" : "")
    }
    return switch self {
    case .compare(let comparison, let value): "\(path) \(comparison.rawValue) \(value.phrase)"
    case .oneOf(let values): "\(path) one of \(list(values))"
    case .noneOf(let values): "\(path) none of \(list(values))"
    case .contains(let value): "\(path) that contains \(value.phrase)"
    case .startsWith(let value): "\(path) that starts with \(value.phrase)"
    case .exists(let wanted): wanted ? "a \(path)" : "no \(path)"
    case .any(let match): "an element of \(path) with " + match.phrase
    }
  }
}

extension Did.Measure {
  /// `the sum of total`; empty for plain counting.
  var phrase: String {
    switch self {
    case .times: ""
    case .distinct(let path): "the number of different \(path.text)"
    case .sum(let path): "the sum of \(path.text)"
    case .average(let path): "the average of \(path.text)"
    case .minimum(let path): "the least \(path.text)"
    case .maximum(let path): "the greatest \(path.text)"
    }
  }
}

extension NumberTest {
  var phrase: String {
    switch operand {
    case .value(let value): "\(comparison.rawValue) \(value.phrase)"
    case .percentOfOwnYear(let percent): "\(comparison.rawValue) \(percent.phrase)% of own year"
    }
  }
}

/// Several wishes as one sentence; of many the first.
func joined(_ wishes: [String], by word: String) -> String {
  let shown = wishes.prefix(4)
  let rest = wishes.count - shown.count
  return shown.joined(separator: " \(word) ") + (rest > 0 ? " \(word) \(rest) more" : "")
}
