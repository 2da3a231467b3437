import JSON

extension Explainer {
  /// What would turn the answer of a condition without parts.
  /// - Parameter alone: when time does it by itself.
  func wish(_ condition: Condition, holds: Bool, _ witness: Witness, _ alone: Timestamp?) throws -> String {
    let no = holds ? "no " : ""
    switch condition {
    case .contact(let match): return try fields(of: match, holds, in: evaluator.contact, prefix: "contact.")
    case .trigger(let match):
      let wish = try fields(of: match, holds, in: evaluator.run.trigger.properties, prefix: "")
      let type = evaluator.run.trigger.type
      return type.isEmpty ? wish : "another `\(type)` with \(wish)"
    case .latest(let type, let match):
      guard let latest = (witness.counted + witness.missed).first else { return "a `\(type)` with \(match.phrase)" }
      return "a newer `\(type)` with " + (try fields(of: match, holds, in: latest.properties, prefix: ""))
    case .did(let did): return wish(did, holds: holds, witness, alone)
    case .message(let fact, let choice): return wish(fact, of: choice, holds: holds, witness)
    case .consent(let channel): return "\(holds ? "no" : "his") consent to `\(channel)`"
    case .reachable(let channel):
      return holds
        ? "no address for `\(channel)`, or a suppression of it"
        : "an address for `\(channel)` that nothing suppresses"
    case .weekday(let rules):
      return "a day that is \(no.isEmpty ? "" : "not ")\(rules.map(\.text).joined(separator: " or "))" + byItself(alone)
    case .localTime(let span):
      return "a local time \(holds ? "outside" : "in") \(span.text)" + byItself(alone)
    case .list(let list): return holds ? "being taken off the list `\(list)`" : "being put on the list `\(list)`"
    case .inChain(let chain):
      return holds ? "the end of his run in the chain `\(chain)`" : "a run of his in the chain `\(chain)`"
    case .relation(let kind): return holds ? "no `\(kind)` any more" : "a `\(kind)`"
    case .segment(let id): return holds ? "leaving the segment `\(id)`" : "falling into the segment `\(id)`"
    case .silence(let silence): return wish(silence, holds: holds, witness, alone)
    case .rfm(let tests):
      guard let cell = witness.cell else { return "a first purchase, and boundaries taken after it" }
      let wishes = tests.map { "\($0.measure.rawValue) \($0.comparison.rawValue) \($0.score)" }
      return "scores with \(holds ? "not " : "")\(joined(wishes, by: "and")) (they are \(cell.text))" + byItself(alone)
    case .buysAtDiscount(let tests):
      guard let share = witness.measures.last?.value else { return "a first purchase" }
      return "a share of purchases at a discount \(holds ? "not " : "")\(tests.phrase) (it is \(share.text))"
    case .prefers(let match): return try fields(of: match, holds, in: evaluator.preference(), prefix: "")
    case .affordable(let budget):
      let cost = witness.cost?.phrase ?? "0"
      return "a budget of \(holds ? "less than" : "at least") \(cost) for the messages up to this `\(budget.channel)`"
    case .neverLeft(let step):
      return holds ? "the message of `\(label(step))` being handed over" : "the message of `\(label(step))` not leaving"
    case .all, .any, .not, .ofTrigger: return ""
    }
  }

  private func wish(_ silence: Silence, holds: Bool, _ witness: Witness, _ alone: Timestamp?) -> String {
    let type = "`\(silence.type)`" + (silence.match.map { " with \($0.phrase)" } ?? "")
    if holds { return "a \(type)" }
    guard witness.silence != nil else {
      return "more \(type): an average needs \(Evaluator.fewestForAverage) of one person, and of a segment ten people"
    }
    return "no \(type)" + byItself(alone)
  }

  private func byItself(_ moment: Timestamp?) -> String { moment.map { ", by itself at \($0.brief)" } ?? "" }

  private func fields(of match: Match, _ holds: Bool, in value: JSONValue, prefix: String) throws -> String {
    let alike = try match.fields.filter { field in
      try Match(fields: [field]).holds(for: value, resolve: evaluator.value) == holds
    }
    let wishes = alike.map { field in
      let wish = field.tests.map { $0.phrase(prefix + field.path.text) }.joined(separator: " and ")
      let seen = field.path.seen(in: value)
      return (holds ? "not " : "") + wish + (seen.isNull ? " (there is none)" : " (it is \(seen.phrase))")
    }
    return joined(wishes, by: holds ? "or" : "and")
  }

  private func wish(_ fact: MessageFact, of choice: MessageChoice, holds: Bool, _ witness: Witness) -> String {
    let message =
      switch choice {
      case .last: "the run's last message"
      case .any: "a message of the run"
      case .step(let step): "the message of `\(label(step))`"
      }
    let wasSent = witness.messages.contains { $0.sentAt.map { $0 <= evaluator.now } ?? false }
    let state = wasSent ? "" : " (nothing was sent there)"
    if holds {
      return fact == .unopened ? "\(message) opened or clicked" : "nothing: what is \(fact.rawValue) stays so"
    }
    return switch fact {
    case .opened: "\(message) opened by a person or clicked\(state)"
    case .unopened: wasSent ? "another message: this one was opened" : "\(message) sent and not opened"
    case .clicked, .delivered, .bounced, .answered: "\(message) \(fact.rawValue)\(state)"
    }
  }
}
