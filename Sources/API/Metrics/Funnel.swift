import Engine

/// The figures of all chains, as `/metrics` shows them. A chain's own figures have the step `""`: who entered, and for
/// what reason runs ended.
struct Funnel {
  private let figures: [(chain: String, key: Counters.Key, count: Int64)]

  private static let entered = "entered"
  private static let planned = "planned"
  /// What becomes of a planned message; until then it is pending.
  private static let ends = ["sent", "failed", "skipped", "unknown"]

  /// - Parameter names: ids of chains by their numbers.
  init(_ figures: [Counters.Key: Int64], names: [Int64: String]) {
    var figures = figures
    for key in Array(figures.keys) where key.outcome == Self.planned {
      for end in Self.ends { figures[key.with(end), default: 0] += 0 }
    }
    self.figures = figures.compactMap { key, count in names[key.chain].map { ($0, key, count) } }
      .sorted {
        ($0.chain, $0.key.version, $0.key.step, $0.key.outcome) < (
          $1.chain, $1.key.version, $1.key.step, $1.key.outcome
        )
      }
  }

  func write(_ text: inout MetricsText) {
    text.family(
      "zveno_chain_step_total", .counter,
      "What became of runs and messages at each step of each chain. At any moment planned = sent + failed + skipped + "
        + "unknown + zveno_chain_step_pending; unknown falls when a person resolves it.")
    for figure in figures {
      let labels = [
        ("chain", figure.chain), ("version", String(figure.key.version)), ("step", figure.key.step),
        ("outcome", figure.key.outcome),
      ]
      text.sample("zveno_chain_step_total", labels, figure.count)
    }
    text.family(
      "zveno_chain_step_pending", .gauge,
      "Messages of each step that are planned and, as far as the log is read, not over.")
    for (key, count) in pending.sorted(by: { $0.key < $1.key }) {
      let labels = [("chain", key.chain), ("version", String(key.version)), ("step", key.step)]
      text.sample("zveno_chain_step_pending", labels, count)
    }
    text.family("zveno_chain_runs", .gauge, "Runs of each chain.")
    for (chain, runs) in runs.sorted(by: { $0.key < $1.key }) {
      text.sample("zveno_chain_runs", [("chain", chain), ("state", "active")], runs.entered - runs.ended)
      text.sample("zveno_chain_runs", [("chain", chain), ("state", "ended")], runs.ended)
    }
  }

  private struct Place: Hashable, Comparable {
    let chain: String
    let version: Int64
    let step: String

    static func < (a: Place, b: Place) -> Bool { (a.chain, a.version, a.step) < (b.chain, b.version, b.step) }
  }

  /// What was planned and has not ended.
  private var pending: [Place: Int64] {
    figures.reduce(into: [:]) { pending, figure in
      let place = Place(chain: figure.chain, version: figure.key.version, step: figure.key.step)
      if figure.key.outcome == Self.planned { pending[place, default: 0] += figure.count }
      if !place.step.isEmpty, Self.ends.contains(figure.key.outcome) { pending[place, default: 0] -= figure.count }
    }
  }

  /// Every way out of a chain is counted with its reason, so who is inside is what is left.
  private var runs: [String: (entered: Int64, ended: Int64)] {
    figures.reduce(into: [:]) { runs, figure in
      guard figure.key.step.isEmpty else { return }
      if figure.key.outcome == Self.entered {
        runs[figure.chain, default: (0, 0)].entered += figure.count
      } else if Counters.isEnd(figure.key.outcome) {
        runs[figure.chain, default: (0, 0)].ended += figure.count
      }
    }
  }
}

extension Counters.Key {
  fileprivate func with(_ outcome: String) -> Counters.Key {
    Counters.Key(chain: chain, version: version, step: step, outcome: outcome)
  }
}
