extension Step {
  /// Where a run may go on after it.
  var successors: [Int] {
    switch kind {
    case .branch(let branch): [branch.then, branch.otherwise]
    case .choose(let choose): choose.cases.map(\.target) + [choose.otherwise]
    case .split(let split): split.variants.map(\.target)
    case .waitFor(let wait): [wait.then, wait.otherwise]
    case .wait, .waitUntil, .send, .set, .list, .webhook, .offer, .enter, .leave: [next]
    case .exit: []
    }
  }
}

extension Chain {
  /// The first messages that may follow a step, whichever way a run goes on from it; in the order of the document.
  func nextSends(after step: Int) -> [Send] {
    var sends: [Send] = []
    var ahead = Set(program[safe: step]?.successors ?? [])
    // Nothing leads back: what follows a step stands after it.
    for step in program[..<end] where ahead.contains(step.index) {
      if case .send(let send) = step.kind { sends.append(send) } else { ahead.formUnion(step.successors) }
    }
    return sends
  }
}
