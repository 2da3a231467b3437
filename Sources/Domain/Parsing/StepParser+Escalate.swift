import JSON

extension StepParser {
  /// What a contact does on the site is seen, whatever it is.
  private static let visits = ["visit", "view", "search", "cart", "wish", "login"]

  /// `{"escalate": [{"send": …, "patience": "24h"}, …], "until": "seen", "budget": …}`, laid out as what it stands for.
  /// The step itself only marks the start. Then for each message: a branch that passes it over (its channel is not
  /// reachable or consented to, its price is above the budget, something before it was seen), the send, and a wait for a
  /// reaction. Whichever way that ends the next branch is asked: after a reaction it and all others say no.
  func escalate(_ place: Place, index: Int) -> OpenEnds {
    let known = ["escalate", "until", "budget", "id", "note"]
    guard let fields = Fields(place, what: "a step", known: known), let list = fields["escalate"],
      let places = list.list(of: "sends")
    else { return OpenEnds([OpenEnd(step: index, exit: .next)]) }
    if places.isEmpty { list.error(.badValue, "expected at least one send, got an empty list") }
    if let until = fields["until"], let text = until.string("\"seen\""), text != "seen" {
      until.error(.badValue, "expected \"seen\", got \"\(text.prefix(60))\"")
    }
    let limit = fields["budget"].flatMap(budget)
    var earlier: [Budget.Spent] = []
    var open = OpenEnds([OpenEnd(step: index, exit: .next)])
    for (number, rung) in places.enumerated() {
      open.close(at: program.count, in: &program)
      let waits = StepNames.hasPatience(rung.node, number, of: place.node)
      open = self.rung(rung, waits: waits, start: index, limit, &earlier)
    }
    return open
  }

  private func rung(
    _ place: Place, waits: Bool, start: Int, _ limit: Budget.Limit?, _ earlier: inout [Budget.Spent]
  ) -> OpenEnds {
    let gate = append(place, hasID: false, part: ":gate")
    let index = append(place)
    let wait = waits ? append(place, hasID: false, part: ":patience") : index
    let sends = LeafStepParser(names: names, purpose: purpose, hasGoal: goal != nil)
    guard case .send(var send)? = sends.send(place, inEscalate: true) else { return OpenEnds() }
    // Whatever comes later is seen as it comes.
    if let goal, earlier.isEmpty {
      findings.looksBack(Did(goal.did, match: goal.match, window: .sinceEntry), at: place)
    }
    let notSeen = Condition.not(seen(of: earlier.map(\.step), since: start))
    let allowed = [notSeen] + [send.onlyIf].compactMap { $0 }
    var tests = allowed + [.reachable(channel: send.channel)]
    if send.purpose == .marketing { tests.append(.consent(channel: send.channel)) }
    if let limit { tests.append(.affordable(Budget(limit: limit, channel: send.channel, earlier: earlier))) }
    send.onlyIf = .all(allowed)
    program[gate].kind = .branch(Branch(condition: .all(tests), then: index, otherwise: wait + 1))
    program[index].kind = .send(send)
    earlier.append(Budget.Spent(step: index, channel: send.channel))
    guard waits else { return OpenEnds([OpenEnd(step: gate, exit: .otherwise), OpenEnd(step: index, exit: .next)]) }
    let patience = patience(place)
    let over = Condition.any([
      seen(of: earlier.map(\.step), since: start), .message(.bounced, of: .step(index)), .neverLeft(index),
    ])
    program[wait].kind = .waitFor(WaitFor(condition: over, atMost: patience, then: wait + 1, otherwise: wait + 1))
    return OpenEnds([
      OpenEnd(step: gate, exit: .otherwise), OpenEnd(step: wait, exit: .then), OpenEnd(step: wait, exit: .otherwise),
    ])
  }

  private func patience(_ place: Place) -> Span {
    guard let patience = place.child("patience") else {
      place.error(
        .missing, "expected the key `patience`, which is missing: only the last message needs none",
        hint: "say how long a reaction is waited for: \"patience\": \"24h\"")
      return Span(days: 1)
    }
    return patience.span(positive: true) ?? Span(days: 1)
  }

  /// A human open, a click or an answer of one of the messages, something done on the site since, or the goal.
  private func seen(of sends: [Int], since start: Int) -> Condition {
    func since(_ type: String) -> Condition { .did(Did(type, window: .sinceStep(start))) }
    var seen = sends.flatMap { step -> [Condition] in
      [.message(.opened, of: .step(step)), .message(.answered, of: .step(step))]
    }
    seen += Self.visits.map(since)
    if let goal { seen.append(.did(Did(goal.did, match: goal.match, window: .sinceEntry))) }
    return .any(seen)
  }

  /// `"100.00"` or `"5% of latest.cart.total"`.
  private func budget(_ place: Place) -> Budget.Limit? {
    guard let text = place.string("an amount or a share") else { return nil }
    let hint = "write \"100.00\" or \"5% of latest.cart.total\""
    if let amount = JSONNumber(text: text), amount.double >= 0 { return .amount(amount) }
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 3, words[1] == "of", let percent = Percent(words[0], most: 10_000) else {
      place.error(.badValue, "expected an amount or a share, got \"\(text.prefix(60))\"", hint: hint)
      return nil
    }
    if words[2] == "ltv" {
      place.error(.notYet, "budgets out of `ltv` come later", hint: hint)
      return nil
    }
    return ValueParser(steps: names).reference(place, words[2]).map { .percent(percent.value, of: $0) }
  }
}

extension Did {
  /// At least one such event.
  init(_ type: String, match: Match? = nil, window: Window) {
    self.init(
      type: type, negated: false, match: match, same: [], measure: .times, tests: NumberTest.atLeastOnce, window: window
    )
  }
}
