import Engine

/// The figures of all chains, as `/metrics` shows them. A chain's own figures have the step `""`: who entered, and for
/// what reason runs ended.
struct Funnel {
  /// How much of it is shown, whatever a shop publishes: every sample costs the one who scrapes it memory for ever.
  struct Limits {
    /// Of a chain the newest so many versions.
    var versions = 10
    /// Samples of steps. Chains that come first have theirs; those beyond share one line, `other`.
    var samples = 20_000
  }

  private let figures: [(chain: String, key: Counters.Key, count: Int64)]
  private let pending: [Place: Int64]
  private let runs: [String: (entered: Int64, ended: Int64)]

  private static let entered = "entered"
  private static let planned = "planned"
  /// What becomes of a planned message; until then it is pending.
  private static let ends = ["sent", "failed", "skipped", "unknown"]
  private static let other = "other"

  /// - Parameter names: ids of chains by their numbers.
  init(_ all: [Counters.Key: Int64], names: [Int64: String], limits: Limits = Limits()) {
    var all = all.filter { names[$0.key.chain] != nil }
    for key in Array(all.keys) where key.outcome == Self.planned {
      for end in Self.ends + [Counters.pending] { all[key.with(end), default: 0] += 0 }
    }
    let known = all.filter { Counters.isOutcome($0.key.outcome) }
    let shown = Self.shown(known.keys, limits)
    let newest = Self.newest(known.keys)
    /// Nil: of too old a version.
    func line(_ key: Counters.Key) -> Line? {
      guard shown.contains(key.chain) else { return Line(chain: Self.other, key: key.among(Self.other)) }
      if key.version + Int64(limits.versions) <= newest[key.chain] ?? 0 { return nil }
      return Line(chain: names[key.chain] ?? Self.other, key: key)
    }
    var figures: [Line: Int64] = [:]
    var runs: [String: (entered: Int64, ended: Int64)] = [:]
    for (key, count) in known {
      let chain = shown.contains(key.chain) ? names[key.chain] ?? Self.other : Self.other
      if key.step.isEmpty, key.outcome == Self.entered {
        runs[chain, default: (0, 0)].entered += count
      } else if key.step.isEmpty, Counters.isEnd(key.outcome) {
        runs[chain, default: (0, 0)].ended += count
      }
      if let line = line(key) { figures[line, default: 0] += count }
    }
    var pending: [Place: Int64] = [:]
    for (key, count) in all where !Counters.isOutcome(key.outcome) {
      if let line = line(key) { pending[line.place, default: 0] += count }
    }
    self.runs = runs
    self.pending = pending
    self.figures = figures.map { ($0.key.chain, $0.key.key, $0.value) }.sorted {
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
        ("chain", figure.chain), ("version", figure.key.shownVersion), ("step", figure.key.step),
        ("outcome", figure.key.outcome),
      ]
      text.sample("zveno_chain_step_total", labels, figure.count)
    }
    text.family(
      "zveno_chain_step_pending", .gauge,
      "Messages of each step that are planned or in hand, and those over whose end the engine has still to read. A "
        + "figure of its own: it is not what the others leave.")
    for (key, count) in pending.sorted(by: { $0.key < $1.key }) {
      text.sample(
        "zveno_chain_step_pending", [("chain", key.chain), ("version", key.version), ("step", key.step)], count)
    }
    text.family("zveno_chain_runs", .gauge, "Runs of each chain.")
    for (chain, runs) in runs.sorted(by: { $0.key < $1.key }) {
      text.sample("zveno_chain_runs", [("chain", chain), ("state", "active")], runs.entered - runs.ended)
      text.sample("zveno_chain_runs", [("chain", chain), ("state", "ended")], runs.ended)
    }
  }

  private struct Line: Hashable {
    let chain: String
    let key: Counters.Key

    var place: Place { Place(chain: chain, version: key.shownVersion, step: key.step) }
  }

  private struct Place: Hashable, Comparable {
    let chain: String
    let version: String
    let step: String

    static func < (a: Place, b: Place) -> Bool { (a.chain, a.version, a.step) < (b.chain, b.version, b.step) }
  }

  /// The chains that have lines of their own, in the order of their making: one that has some keeps them.
  private static func shown(_ keys: some Sequence<Counters.Key>, _ limits: Limits) -> Set<Int64> {
    let sizes = keys.reduce(into: [Int64: Int]()) { $0[$1.chain, default: 0] += 1 }
    var left = limits.samples
    return Set(
      sizes.sorted { $0.key < $1.key }.compactMap { chain, size in
        guard size <= left else { return nil }
        left -= size
        return chain
      })
  }

  private static func newest(_ keys: some Sequence<Counters.Key>) -> [Int64: Int64] {
    keys.reduce(into: [:]) { $0[$1.chain] = max($0[$1.chain] ?? 0, $1.version) }
  }
}

extension Counters.Key {
  fileprivate func with(_ outcome: String) -> Counters.Key {
    Counters.Key(chain: chain, version: version, step: step, outcome: outcome)
  }

  /// One of many that share a line, of no version.
  fileprivate func among(_ others: String) -> Counters.Key {
    Counters.Key(chain: 0, version: 0, step: step.isEmpty ? "" : others, outcome: outcome)
  }

  fileprivate var shownVersion: String { version == 0 ? "" : String(version) }
}
