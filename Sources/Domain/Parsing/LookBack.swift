/// How far back the conditions look that count from a moment of their own run: since it entered, since a step ended,
/// since the wait began. That is as long as a run may have stood when they are asked, waits and holds at their longest.
///
/// How long a chain will be paused, or a server down, no document says: that is left out.
final class LookBack {
  /// How often a wait begins anew.
  private enum Resets {
    case never
    /// More than is anybody's habit.
    case often

    var times: Int { self == .never ? 0 : 30 }
  }

  private struct Origin: Hashable {
    /// Nil: the run's entry; else the end of that step.
    let step: Int?
    let resets: Resets
  }

  /// How long ago the origin is when a run comes to a step, and when it leaves.
  private struct Stay {
    let came: Longest
    let left: Longest
  }

  private let chain: Chain
  private let references: References
  private let flow: Flow
  /// By origin, what it is to each step; nil: no run comes there from it.
  private var walks: [Origin: [Stay?]] = [:]

  init(_ flow: Flow, _ references: References) { (chain, self.flow, self.references) = (flow.chain, flow, references) }

  /// What is deleted is not seen: a condition that may ask for more than is kept would decide wrongly.
  func check(_ did: Did, at place: Place) {
    let type = did.type
    guard let kept = references.retention.span(ofType: type), let origin = origin(did.window) else { return }
    func reaches(_ span: Span) -> Bool { references.retention.reaches(span, ofType: type) }
    if let span = longest(did, place.pointer, .never)?.spans.first(where: { !reaches($0) }) {
      return place.error(
        .badValue,
        "this may look \(span.text) back, \(origin), and events of the type \"\(type)\" are kept for \(kept.text)",
        hint: "shorten what comes between, say \"within\": \"\(kept.text)\", or keep them longer: `retention` in the "
          + "configuration")
    }
    guard let often = longest(did, place.pointer, .often), often.isOpen || !often.spans.allSatisfy(reaches) else {
      return
    }
    place.warning(
      .doubtful,
      "how far this looks back, \(origin), cannot be known, and events of the type \"\(type)\" are kept for \(kept.text)",
      hint: "say \"within\": \"\(kept.text)\", or keep them longer: `retention` in the configuration")
  }

  private func origin(_ window: Did.Window) -> String? {
    switch window {
    case .ever, .within: nil
    case .sinceEntry: "since the run entered"
    case .sinceStep(let step): chain.program[safe: step].map { "since the step \"\($0.label)\" ended" }
    case .sinceOwnStart: "since the wait began"
    }
  }

  private func longest(_ did: Did, _ pointer: String, _ resets: Resets) -> Longest? {
    // Nothing lies behind one who comes in.
    if pointer.hasPrefix("/enter") || pointer.hasPrefix("/only_if") { return nil }
    let (asking, path) = flow.askingSteps(pointer)
    let isSeen = isSeenAsItHappens(did, path)
    // The run would have ended then.
    if asking.isEmpty, isSeen { return nil }
    func asked(_ step: Int, _ stay: Stay) -> Longest {
      if isSeen, case .waitFor = chain.program[step].kind { return stay.came }
      return stay.left
    }
    switch did.window {
    case .ever, .within: return nil
    case .sinceOwnStart:
      return Longest(
        of: asking.map { step in
          asked(step, Stay(came: Longest(), left: left(chain.program[step], Longest(), [:], resets)))
        })
    case .sinceEntry, .sinceStep:
      let step: Int? = if case .sinceStep(let step) = did.window { step } else { nil }
      let walk = walk(Origin(step: step, resets: resets))
      guard !asking.isEmpty else { return Longest(of: walk.compactMap { $0?.left }) }
      return Longest(of: asking.compactMap { step in walk[step].map { asked(step, $0) } })
    }
  }

  /// Whether the event itself would bring what waits for it to its end, so that nobody asks for it later: the condition is
  /// the whole of what is waited for, or one of several that suffice, and is true of the event once and for all.
  private func isSeenAsItHappens(_ did: Did, _ path: [Substring]) -> Bool {
    guard path.dropFirst().allSatisfy({ $0 == "any" || $0 == "since" || Int($0) != nil }), !did.negated,
      did.measure == .times, did.tests == NumberTest.atLeastOnce, did.match?.isConstant ?? true
    else { return false }
    return did.same.isEmpty || keepsTriggers
  }

  /// No run gets another trigger on its way.
  private var keepsTriggers: Bool {
    !chain.program.contains { step in
      if case .wait(let wait) = step.kind { return !wait.resetOn.isEmpty }
      return false
    }
  }

  private func walk(_ origin: Origin) -> [Stay?] {
    if let walk = walks[origin] { return walk }
    var came: [Int: Longest] = [:]
    var left: [Int: Longest] = [:]
    if let step = origin.step {
      left[step] = Longest()
      for next in chain.program[safe: step]?.successors ?? [] { came[next] = Longest() }
    } else {
      came[0] = Longest()
    }
    // Whatever follows a step stands after it in the program.
    for step in chain.program {
      // Whichever way the run ends, and wherever.
      if step.index == chain.end { came[step.index] = Longest(of: Array(left.values)) }
      guard let arrival = came[step.index] else { continue }
      let departure = self.left(step, arrival, left, origin.resets)
      left[step.index] = departure
      for next in step.successors { came[next] = Longest(of: [came[next], departure].compactMap { $0 }) }
    }
    let walk = chain.program.indices.map { step in
      left[step].map { Stay(came: came[step] ?? Longest(), left: $0) }
    }
    walks[origin] = walk
    return walk
  }

  /// How long ago the origin is when a run leaves the step that came to it so long after.
  private func left(_ step: Step, _ came: Longest, _ left: [Int: Longest], _ resets: Resets) -> Longest {
    switch step.kind {
    case .wait(let wait):
      let length = longest(wait, step)
      let ends = bases(of: wait, step, came, left).map { $0 + length }
      let end = Longest(of: [came] + ends) ?? came
      return wait.resetOn.isEmpty ? end : end + length * resets.times
    case .waitUntil(.clock(_, let days)): return came + Span(days: days.map(\.longestGap).min() ?? 1)
    case .waitUntil(.date): return came.opened
    case .waitFor(let wait): return came + wait.atMost
    case .send(let send): return came + send.hold
    case .branch, .choose, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit: return came
    }
  }

  /// How long ago the origin was when the moments began that the wait may count from.
  private func bases(of wait: Wait, _ step: Step, _ came: Longest, _ left: [Int: Longest]) -> [Longest] {
    switch wait.since {
    case .ownStart: return [came]
    // At the origin or before it.
    case .entry: return [Longest()]
    case .step(let mark):
      guard let marked = chain.program[safe: mark] else { return [came] }
      let list = marked.pointer[...(marked.pointer.lastIndex(of: "/") ?? marked.pointer.startIndex)]
      // A step that not every run has passed: without it the wait counts from its own start.
      return [left[mark] ?? Longest()] + (step.pointer.hasPrefix(list) && mark < step.index ? [] : [came])
    }
  }

  /// Where nothing in a short range is permitted, the run goes on at the first permitted moment after it.
  private func longest(_ wait: Wait, _ step: Step) -> Span {
    guard let atMost = wait.atMost else { return wait.atLeast }
    let width = atMost.approximateMilliseconds - wait.atLeast.approximateMilliseconds
    return width < 2 * LocalTime.millisecondsPerDay && isNextSendBound(step) ? atMost + Span(days: 1) : atMost
  }

  private func isNextSendBound(_ step: Step) -> Bool {
    chain.nextSends(after: step.index).contains { send in
      send.purpose == .marketing && (chain.hours ?? references.channels?[send.channel]?.hours) != nil
    }
  }
}

extension DayRule {
  /// Days from one such day to the next, at most.
  fileprivate var longestGap: Int {
    switch self {
    case .weekday: 7
    case .nth(5, _): 119
    case .nth, .last: 35
    case .dayOfMonth(let day): day <= 28 ? 31 : 62
    }
  }
}
