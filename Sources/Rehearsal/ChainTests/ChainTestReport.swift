public import Domain
public import JSON

/// What came of a chain's tests.
public struct ChainTestReport: Sendable {
  public let starts: Timestamp
  public let results: [Result]

  public struct Result: Sendable {
    public let name: String
    let rows: [SideBySide.Row]
    let unsent: [UnsentMessage]
    /// What the test says and could not be, or why it could not be lived to its end.
    public let problem: String?

    public var isPassed: Bool { problem == nil && !rows.contains(where: \.differs) }
  }

  public var passed: Int { results.count(where: \.isPassed) }
  public var failed: Int { results.count - passed }
}

extension ChainTestReport {
  /// `{"passed", "failed", "tests": [{"name", "passed", "expected", "actual", "unsent", "problem"?}]}`; messages as
  /// `{"after", "at", "send", "template", "contact", "matches"}`, what was not sent with its `reason` in the place of
  /// `matches`.
  public var json: JSONObject {
    [
      "passed": .number(JSONNumber(passed)), "failed": .number(JSONNumber(failed)),
      "tests": .array(results.map { .object(json($0)) }),
    ]
  }

  private func json(_ result: Result) -> JSONObject {
    var object: JSONObject = [
      "name": .string(result.name), "passed": .bool(result.isPassed),
      "expected": .array(result.rows.compactMap { row in row.expected.map { json($0, matches: !row.differs) } }),
      "actual": .array(result.rows.compactMap { row in row.actual.map { json($0, matches: !row.differs) } }),
      "unsent": .array(
        result.unsent.map { unsent in
          var object = fields(unsent.message)
          object["reason"] = .string(unsent.reason)
          return .object(object)
        }),
    ]
    object["problem"] = result.problem.map(JSONValue.string)
    return object
  }

  private func json(_ message: TestMessage, matches: Bool) -> JSONValue {
    var object = fields(message)
    object["matches"] = .bool(matches)
    return .object(object)
  }

  private func fields(_ message: TestMessage) -> JSONObject {
    [
      "after": .string(SinceStart.text(message.at - starts)), "at": .string(message.at.rfc3339),
      "send": .string(message.channel), "template": .string(message.template), "contact": .string(message.contact),
    ]
  }
}

extension ChainTestReport {
  /// The tests that failed, each with both timelines side by side; differing lines begin with `!`.
  public var text: String {
    results.filter { !$0.isPassed }.map(text).joined(separator: "\n")
  }

  private func text(_ result: Result) -> String {
    var lines = ["failed: \(result.name)"]
    if let problem = result.problem { lines.append("  ! \(problem)") }
    let left = ["expected"] + result.rows.map { row in row.expected.map(line) ?? "" }
    let right = ["actual"] + result.rows.map { row in row.actual.map(line) ?? "" }
    let width = left.map(\.count).max() ?? 0
    for (index, pair) in zip(left, right).enumerated() where left.count > 1 {
      let mark = index > 0 && result.rows[index - 1].differs ? "!" : " "
      let expected = pair.0 + String(repeating: " ", count: width - pair.0.count)
      lines.append(trimmed("  \(mark) \(expected)   \(pair.1)"))
    }
    lines += result.unsent.map { "    not sent: \(line($0.message)): \($0.reason)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(_ message: TestMessage) -> String {
    let after = SinceStart.text(message.at - starts)
    let padding = String(repeating: " ", count: max(0, 6 - after.count))
    return "\(after)\(padding) \(message.channel) \(message.template) → \(message.contact)"
  }

  private func trimmed(_ line: String) -> String {
    var line = line[...]
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}

/// A length of time since the start of a test, exact: days would depend on a calendar.
enum SinceStart {
  static func text(_ milliseconds: Int64) -> String {
    var rest = milliseconds.magnitude
    var text = milliseconds < 0 ? "-" : ""
    for (unit, length) in [("h", UInt64(3_600_000)), ("m", 60_000), ("s", 1000), ("ms", 1)] where rest >= length {
      text += "\(rest / length)\(unit)"
      rest %= length
    }
    return text.isEmpty ? "0h" : text
  }
}
