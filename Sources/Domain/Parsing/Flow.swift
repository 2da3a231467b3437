/// Which steps of a chain a run may come to after another. Nothing leads back: what follows a step stands after it in the
/// program.
final class Flow {
  let chain: Chain
  private let steps: [String: [Int]]
  private var reached: [Int: Set<Int>] = [:]

  init(_ chain: Chain) {
    self.chain = chain
    steps = Dictionary(grouping: chain.program.indices) { chain.program[$0].pointer }
  }

  /// The steps that ask what stands at `pointer`, none when the whole run does, and the rest of the way to it.
  func askingSteps(_ pointer: String) -> (steps: [Int], path: [Substring]) {
    var parts = pointer.split(separator: "/")
    var path: [Substring] = []
    while !parts.isEmpty {
      if let found = steps["/" + parts.joined(separator: "/")] { return (found, path) }
      path.insert(parts.removeLast(), at: 0)
    }
    return ([], path)
  }

  /// Whether a run may come to `later` with `earlier` behind it.
  func leads(from earlier: Int, to later: Int) -> Bool {
    if let known = reached[earlier] { return known.contains(later) }
    let found = steps(from: chain.program[safe: earlier].map(next) ?? [], besides: nil)
    reached[earlier] = found
    return found.contains(later)
  }

  /// Whether every run that comes to `later` has passed `earlier`.
  func isAlways(_ earlier: Int, before later: Int) -> Bool {
    earlier != later && !steps(from: [0], besides: earlier).contains(later)
  }

  private func steps(from first: [Int], besides barred: Int?) -> Set<Int> {
    var found = Set(first)
    for step in chain.program where found.contains(step.index) && step.index != barred { found.formUnion(next(step)) }
    return found
  }

  /// Whichever way a run ends, what `at_end` says follows.
  private func next(_ step: Step) -> [Int] { step.index < chain.end ? step.successors + [chain.end] : step.successors }
}
