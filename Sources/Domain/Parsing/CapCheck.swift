/// Looks for a way through a chain that alone sends more marketing within a cap's time than the cap lets through. Waits
/// take as short as they can and conditions turn out as they may, so what it finds is a doubt and no error.
struct CapCheck {
  let chain: Chain
  /// Steps looked at, all ways together: beyond, a chain is too large to say.
  private static let budget = 2_000_000

  /// The first step at which more messages may have been sent than fit; nil: none, or too large to say.
  func firstBeyond(_ cap: FrequencyCap) -> Step? {
    let sends = chain.program[..<chain.end].filter { counts($0, cap) }
    guard sends.count > cap.limit else { return nil }
    var left = Self.budget
    for send in sends {
      if let index = beyond(cap, from: send, &left) { return chain.program[index] }
      if left <= 0 { return nil }
    }
    return nil
  }

  private func counts(_ step: Step, _ cap: FrequencyCap) -> Bool {
    guard case .send(let send) = step.kind else { return false }
    return send.purpose == .marketing && cap.channels.contains(send.channel)
  }

  /// From `first` on: for each step, how soon it can be reached with so many messages sent. Steps lead forward alone.
  private func beyond(_ cap: FrequencyCap, from first: Step, _ left: inout Int) -> Int? {
    let per = cap.per.approximateMilliseconds
    var soonest: [[Int64]?] = Array(repeating: nil, count: chain.end + 1)
    var reached: [Int: Int64] = [first.index: 0]
    func lead(to target: Int, _ times: [Int64]) {
      guard target <= chain.end else { return }
      soonest[target] = soonest[target].map { zip($0, times).map { min($0, $1) } } ?? times
    }
    // By messages sent, the first of them one.
    lead(to: first.next, [0] + Array(repeating: .max, count: cap.limit - 1))
    for index in (first.index + 1)..<max(first.index + 1, chain.end) {
      guard var times = soonest[index], let earliest = times.min(), earliest < per else { continue }
      left -= cap.limit
      guard left > 0 else { return nil }
      let step = chain.program[index]
      reached[index] = earliest
      if counts(step, cap) {
        if times[cap.limit - 1] < per { return index }
        times = [.max] + times.dropLast()
      }
      for (target, pause) in ways(on: step, reached) { lead(to: target, times.map { pause($0) }) }
    }
    return nil
  }

  /// Where it may go on after a step, and how soon.
  private func ways(on step: Step, _ reached: [Int: Int64]) -> [(target: Int, pause: (Int64) -> Int64)] {
    func later(_ span: Span) -> (Int64) -> Int64 { { $0 == .max ? $0 : $0 + span.approximateMilliseconds } }
    let atOnce: (Int64) -> Int64 = { $0 }
    switch step.kind {
    case .wait(let wait):
      switch wait.since {
      case .ownStart: return [(step.next, later(wait.atLeast))]
      // What it counts from may lie so far back that the wait is over.
      case .entry: return [(step.next, atOnce)]
      case .step(let start):
        guard let from = reached[start] else { return [(step.next, atOnce)] }
        return [(step.next, { max($0, from + wait.atLeast.approximateMilliseconds) })]
      }
    case .waitFor(let wait): return [(wait.then, atOnce), (wait.otherwise, later(wait.atMost))]
    case .branch(let branch): return [(branch.then, atOnce), (branch.otherwise, atOnce)]
    case .choose(let choose): return (choose.cases.map(\.target) + [choose.otherwise]).map { ($0, atOnce) }
    case .split(let split): return split.variants.map { ($0.target, atOnce) }
    case .exit: return []
    case .waitUntil, .send, .set, .list, .webhook, .offer, .enter, .leave: return [(step.next, atOnce)]
    }
  }
}
