import JSON

/// Refuses what asks for a step that no run has passed by then, and waits that are over when a run comes to them.
struct OrderCheck {
  let flow: Flow
  let findings: Findings
  let root: JSONNode
  private var chain: Chain { flow.chain }

  func check() {
    for (place, step) in findings.steps { check(step, at: place) }
    for step in chain.program[..<chain.end] {
      if case .wait(let wait) = step.kind { check(wait, step) }
    }
  }

  private func check(_ named: Int, at place: Place) {
    guard let step = chain.program[safe: named] else { return }
    let (asking, _) = flow.askingSteps(place.pointer)
    let isLater =
      asking.isEmpty
      // `stop_when` is asked all the way; before a run there is nothing.
      ? place.pointer.hasPrefix("/only_if") || named >= chain.end
      : !asking.allSatisfy { flow.leads(from: named, to: $0) }
    guard isLater else { return }
    place.error(
      .badValue, "no run has passed the step \"\(step.label)\" when this is asked",
      hint: "name a step that comes before it")
  }

  private func check(_ wait: Wait, _ step: Step) {
    let origin: Int?
    switch wait.since {
    case .ownStart: return
    case .entry: origin = nil
    case .step(let mark):
      // Without it the wait counts from its own start.
      guard flow.isAlways(mark, before: step.index) else { return }
      origin = mark
    }
    guard let came = walk(from: origin)[step.index], came.isSurely(atLeast: wait.atMost ?? wait.atLeast) else { return }
    let since = origin.flatMap { chain.program[safe: $0]?.label }.map { "the end of \"\($0)\"" } ?? "entry"
    let place = Place(node: root.node(at: step.pointer + "/wait"), pointer: step.pointer + "/wait", findings: findings)
    place.error(
      .badValue,
      "this wait is over when a run comes to it: it ends \((wait.atMost ?? wait.atLeast).text) after \(since), "
        + "and what comes before takes \(came.text) at least",
      hint: "say how long after \(since) it ends, or leave `since` out")
  }

  /// How long after the origin (nil: the run's entry; else the end of that step) a run comes to each step at the earliest.
  private func walk(from origin: Int?) -> [Int: Shortest] {
    var came: [Int: Shortest] = [:]
    func lead(to target: Int, _ time: Shortest) { came[target] = Shortest(of: [came[target], time].compactMap { $0 }) }
    if let origin {
      for next in chain.program[safe: origin]?.successors ?? [] { lead(to: next, Shortest()) }
    } else {
      lead(to: 0, Shortest())
    }
    for step in chain.program[..<chain.end] {
      guard let arrival = came[step.index] else { continue }
      switch step.kind {
      case .wait(let wait):
        switch wait.since {
        case .ownStart: lead(to: step.next, arrival + wait.atLeast)
        case .entry: lead(to: step.next, origin == nil ? arrival.upTo(wait.atLeast) : arrival)
        // It began at some moment since: perhaps long ago.
        case .step(let mark): lead(to: step.next, mark == origin ? arrival.upTo(wait.atLeast) : arrival)
        }
      case .waitFor(let wait):
        lead(to: wait.then, arrival)
        lead(to: wait.otherwise, arrival + wait.atMost)
      case .waitUntil, .send, .branch, .choose, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit:
        for next in step.successors { lead(to: next, arrival) }
      }
    }
    return came
  }
}
