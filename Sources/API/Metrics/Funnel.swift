import Engine

/// The figures of all chains, as `/metrics` shows them. A chain's own figures have the step `""`: who entered, and for
/// what reason runs ended.
struct Funnel {
  private let figures: [(chain: String, key: Counters.Key, count: Int64)]

  private static let entered = "entered"

  /// - Parameter names: ids of chains by their numbers.
  init(_ figures: [Counters.Key: Int64], names: [Int64: String]) {
    self.figures = figures.compactMap { key, count in names[key.chain].map { ($0, key, count) } }
      .sorted {
        ($0.chain, $0.key.version, $0.key.step, $0.key.outcome) < (
          $1.chain, $1.key.version, $1.key.step, $1.key.outcome
        )
      }
  }

  func write(_ text: inout MetricsText) {
    text.family("zveno_chain_step_total", .counter, "What became of runs at each step of each chain.")
    for figure in figures {
      let labels = [
        ("chain", figure.chain), ("version", String(figure.key.version)), ("step", figure.key.step),
        ("outcome", figure.key.outcome),
      ]
      text.sample("zveno_chain_step_total", labels, figure.count)
    }
    text.family("zveno_chain_runs", .gauge, "Runs of each chain.")
    for (chain, runs) in runs.sorted(by: { $0.key < $1.key }) {
      text.sample("zveno_chain_runs", [("chain", chain), ("state", "active")], runs.entered - runs.ended)
      text.sample("zveno_chain_runs", [("chain", chain), ("state", "ended")], runs.ended)
    }
  }

  /// Every way out of a chain is counted with its reason, so who is inside is what is left.
  private var runs: [String: (entered: Int64, ended: Int64)] {
    figures.reduce(into: [:]) { runs, figure in
      guard figure.key.step.isEmpty else { return }
      if figure.key.outcome == Self.entered {
        runs[figure.chain, default: (0, 0)].entered += figure.count
      } else {
        runs[figure.chain, default: (0, 0)].ended += figure.count
      }
    }
  }
}
