import JSON

/// The account of `why` for people.
struct WhyText {
  private var lines: [String] = []

  var text: String { lines.joined(separator: "\n") }

  init(_ answer: JSONValue) {
    func word(_ key: String) -> String { Self.word(answer[key]) }
    lines.append("\(word("contact")) in \(word("chain")) (\(word("status"))): \(word("outcome"))")
    lines.append("  because \(word("because"))")
    add("checks", answer["checks"], indent: 0)
    for run in answer["runs"]?.array ?? [] { add(run: run) }
    let attempts = (answer["attempts"]?.array ?? []).filter { attempt in
      // What the answer rests on has been told.
      attempt["outcome"]?.string == "refused" && attempt["checks"] != answer["checks"]
    }
    if !attempts.isEmpty { lines += ["", "other events that began no run, the newest first"] }
    for attempt in attempts {
      let doer = attempt["contact"]?.string ?? "somebody who is gone"
      let by = attempt["contact"] == answer["contact"] ? "" : " by \(doer)"
      lines.append(
        "  \(Self.time(attempt["at"]))  \(Self.word(attempt["type"])) \(Self.word(attempt["event"]))\(by)")
      lines.append("    \(Self.word(attempt["because"]))")
      add("", attempt["checks"], indent: 2)
    }
  }

  private mutating func add(_ title: String, _ checks: JSONValue?, indent: Int) {
    guard let checks = checks?.array, !checks.isEmpty else { return }
    if !title.isEmpty { lines += ["", title] }
    for check in checks { add(check, indent: indent + 2) }
  }

  /// `no   /only_if  {"consent":"sms"}`, and below it what it saw and what it wants.
  private mutating func add(_ check: JSONValue, indent: Int) {
    let space = String(repeating: " ", count: indent)
    let holds = check["holds"]?.bool == true
    let place = check["pointer"]?.string ?? ""
    lines.append(
      "\(space)\(holds ? "yes" : "no ")  \(place.isEmpty ? "(server)" : place)  \(Self.cut(check["condition"]))")
    let parts = check["checks"]?.array ?? []
    for part in parts { add(part, indent: indent + 2) }
    guard parts.isEmpty else { return }
    var saw = check["saw"]?.object.map { $0.isEmpty ? "" : Self.values($0) } ?? ""
    let events = (check["events"]?.array ?? []).compactMap(\.string)
    if !events.isEmpty { saw += (saw.isEmpty ? "" : "; ") + "events " + events.joined(separator: ", ") }
    let missed = (check["missed"]?.array ?? []).compactMap(\.string)
    if !missed.isEmpty { saw += "; did not fit: " + missed.joined(separator: ", ") }
    if !saw.isEmpty { lines.append("\(space)     saw    \(saw)") }
    if let wish = check["would_hold"]?.string, !wish.isEmpty { lines.append("\(space)     wants  \(wish)") }
    if holds, let until = check["until"]?.string { lines.append("\(space)     until  \(Self.time(.string(until)))") }
  }

  private mutating func add(run: JSONValue) {
    let heldOut = run["held_out"]?.bool == true ? ", held out" : ""
    lines += [
      "", "run \(Self.word(run["id"])) on version \(Self.word(run["version"]))\(heldOut): \(Self.word(run["outcome"]))",
    ]
    for move in run["moves"]?.array ?? [] { add(move: move) }
    if let step = run["stands"]?["because"]?.string { lines.append("  now                stands \(step)") }
    if let end = run["ended"], !end.isNull {
      lines.append("  \(Self.time(end["at"]))  ended: \(Self.word(end["reason"]))")
    }
    let messages = run["messages"]?.array ?? []
    if !messages.isEmpty { lines.append("  messages") }
    for message in messages {
      lines.append(
        "    \(Self.time(message["planned_at"]))  \(Self.word(message["step"])) (\(Self.word(message["channel"])), "
          + "\(Self.word(message["template"]))): \(Self.word(message["status"])), it \(Self.word(message["because"]))")
      add("", message["checks"], indent: 6)
    }
  }

  private mutating func add(move: JSONValue) {
    let event = move["event"]?.string.map { " \(Self.word(move["type"])) \($0)" } ?? ""
    let outcomes = (move["outcome"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
    let outcome = outcomes.isEmpty ? "" : ": " + outcomes
    let late = move["late_ms"]?.number.map { ", \($0.text) ms late" } ?? ""
    lines.append("  \(Self.time(move["at"]))  \(Self.word(move["cause"]))\(event)\(late)\(outcome)")
    for step in move["steps"]?.array ?? [] {
      let outcomes = (step["outcome"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
      lines.append("                       \(Self.word(step["step"]))\(outcomes.isEmpty ? "" : ": " + outcomes)")
      add("", step["checks"], indent: 23)
    }
  }

  private static func word(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text)?: text
    case nil, .null?: "none"
    case let value?: value.text
    }
  }

  /// To the minute, seventeen characters; all times of an answer are UTC.
  private static func time(_ value: JSONValue?) -> String {
    guard let text = value?.string, text.count > 16 else { return "                 " }
    return text.prefix(16) + "Z"
  }

  private static func cut(_ value: JSONValue?) -> String {
    let text = value?.text ?? ""
    return text.count > 100 ? text.prefix(97) + "…" : text
  }

  private static func values(_ object: JSONObject) -> String {
    object.map { "\($0.key) = \(cut($0.value))" }.joined(separator: ", ")
  }
}
