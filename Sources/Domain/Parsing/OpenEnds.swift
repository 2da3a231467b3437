/// A way out of a step whose target is not known yet.
struct OpenEnd {
  enum Exit: Hashable {
    case next, then, otherwise
    /// Of a `choose` or a `split`.
    case branch(Int)
  }

  let step: Int
  let exit: Exit
}

struct OpenEnds {
  var ends: [OpenEnd]

  init(_ ends: [OpenEnd] = []) { self.ends = ends }

  /// What follows is at `index`.
  mutating func close(at index: Int, in program: inout [Step]) {
    for end in ends { program[end.step].lead(end.exit, to: index) }
    ends = []
  }
}

extension Step {
  fileprivate mutating func lead(_ exit: OpenEnd.Exit, to index: Int) {
    switch (exit, kind) {
    case (.then, .branch(var branch)):
      branch.then = index
      kind = .branch(branch)
    case (.otherwise, .branch(var branch)):
      branch.otherwise = index
      kind = .branch(branch)
    case (.then, .waitFor(var wait)):
      wait.then = index
      kind = .waitFor(wait)
    case (.otherwise, .waitFor(var wait)):
      wait.otherwise = index
      kind = .waitFor(wait)
    case (.branch(let place), .choose(var choose)):
      choose.cases[place].target = index
      kind = .choose(choose)
    case (.otherwise, .choose(var choose)):
      choose.otherwise = index
      kind = .choose(choose)
    case (.branch(let place), .split(var split)):
      split.variants[place].target = index
      kind = .split(split)
    default:
      next = index
    }
  }
}
