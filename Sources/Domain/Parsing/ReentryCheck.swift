/// Doubts a chain that writes to a daily visitor every day.
struct ReentryCheck {
  let chain: Chain

  /// What a regular visitor does each time he comes.
  private static let daily: Set<String> = ["visit", "login", "view", "search"]
  private static let day = Span(days: 1).approximateMilliseconds

  func warn(at place: Place) {
    guard let type = chain.startingTypes.sorted().first(where: Self.daily.contains), !isGuarded, letsInDaily else {
      return
    }
    place.warning(
      .doubtful, "who comes every day goes through every day: \(way) each `\(type)` may begin a run",
      hint: "say \"reenter\": \"after 30d\", or let `only_if` ask what was sent of late")
  }

  private var way: String {
    switch chain.reenter {
    case .never: "never"
    case .always: "with `always`"
    case .restart: "with `restart`"
    case .after(let span): "with \"after \(span.text)\""
    case .afterExit: "the run is over within a day, and"
    }
  }

  private var letsInDaily: Bool {
    switch chain.reenter {
    case .never: false
    case .always: sends
    case .restart: shortest(toEnd: false).map { $0 < Self.day } ?? false
    case .after(let span): sends && span.approximateMilliseconds <= Self.day
    case .afterExit: shortest(toEnd: true).map { $0 < Self.day } ?? false
    }
  }

  private var sends: Bool { chain.program[..<chain.end].contains { isMarketing($0) } }

  private func isMarketing(_ step: Step) -> Bool {
    if case .send(let send) = step.kind { send.purpose == .marketing } else { false }
  }

  /// Something asks what was not done or sent of late: the chain has its own measure.
  private var isGuarded: Bool {
    let asked = [chain.onlyIf].compactMap { $0 } + chain.program.filter(isMarketing).flatMap(\.conditions)
    var guarded = false
    for condition in asked {
      condition.forEach { part in
        guard case .did(let did) = part else { return }
        switch did.window {
        case .ever: guarded = true
        case .within(let span): guarded = guarded || span.approximateMilliseconds > Self.day
        case .sinceEntry, .sinceStep, .sinceOwnStart: break
        }
      }
    }
    return guarded
  }

  /// The least time in which a run sends something of marketing, and comes to its end if so asked; nil: it never does.
  private func shortest(toEnd: Bool) -> Int64? {
    // From the last step to the first: a run only goes forward. With and without a message behind it.
    var (sent, unsent) = (
      [Int64?](repeating: nil, count: chain.end + 1), [Int64?](repeating: nil, count: chain.end + 1)
    )
    sent[chain.end] = 0
    for step in chain.program[..<chain.end].reversed() {
      let ways = ways(from: step).map { (min($0.to, chain.end), $0.takes) }
      func least(_ ahead: [Int64?]) -> Int64? { ways.compactMap { way in ahead[way.0].map { $0 + way.1 } }.min() }
      sent[step.index] = toEnd ? least(sent) : 0
      unsent[step.index] = isMarketing(step) ? (toEnd ? least(sent) : 0) : least(unsent)
    }
    return unsent[0]
  }

  private func ways(from step: Step) -> [(to: Int, takes: Int64)] {
    switch step.kind {
    case .wait(let wait): [(step.next, wait.atLeast.approximateMilliseconds)]
    case .waitFor(let wait): [(wait.then, 0), (wait.otherwise, wait.atMost.approximateMilliseconds)]
    case .branch(let branch): [(branch.then, 0), (branch.otherwise, 0)]
    case .choose(let choose): choose.cases.map { ($0.target, 0) } + [(choose.otherwise, 0)]
    case .split(let split): split.variants.map { ($0.target, 0) }
    case .exit: [(chain.end, 0)]
    case .waitUntil, .send, .set, .list, .webhook, .offer, .enter, .leave: [(step.next, 0)]
    }
  }
}
