import Domain
import Engine
import Ingest

/// What may go wrong in a world, and how often. Rates are per thousand.
struct Weather {
  /// Of rounds: the process is killed in the round or right after it.
  var crashes = 0
  /// Of crashes: the whole machine stops, and what was not synced is in doubt.
  var powerFails = 0
  /// Of rounds: the disk is full, or a write or a sync fails, at any of its operations.
  var diskFaults = 0
  /// Kills only while no provider has a message at hand.
  var crashesOnlyAtRest = false
  /// Of rounds: the store takes no commit, as when the disk is full; the process lives on.
  var lostRounds = 0
  /// Of rounds: one of the round's duties fails, and the round is done again without it.
  var failedDuties = 0
  /// Of crashes: the process stays down for hours.
  var outages = 0
  /// Of starts: on a copy of the file, which is held until a person releases it.
  var copies = 0
  /// Rounds take so long that they end early.
  var isSlow = false
  /// Of hand-overs: the provider refuses, asks for patience, hangs.
  var providerFaults = 0
  /// Among the faults, that a provider asks the whole channel to wait: forgotten in a crash.
  var throttles = true
  /// Of unanswered calls: the client does not come back after a crash.
  var clientsGivingUp = 0
  /// Some clients do not come back when a write fails.
  var hasHaste = false
  /// The wall clock is set now and then.
  var setsClock = false
  /// Channels go only so fast.
  var hasPaces = false
  var slice = Engine.Slice()
  var limits = IngestLimits()
  var timeline = Timeline.Settings()
  /// Of the log, between checkpoints.
  var pages = 50
  /// Some people want to be forgotten.
  var erases = false
  /// How much marketing one person gets.
  var caps: [FrequencyCap] = []
  /// How long what has happened is kept.
  var retention = RetentionPolicy()
  /// Whether the server keeps to that; chains are held to it all the same.
  var deletes = true
  /// Rows that one round of deleting looks at, and milliseconds between two walks through everything.
  var rowsDeleted = 20
  var pauseOfDeleting: Int64 = 3_600_000
  /// Chains ask for nothing that may have been deleted, as far as documents can tell: they are never paused, an edit
  /// takes nobody along who began before it, and nobody asks for a message again whose run is long over.
  var isSure = false

  static let calm = Weather()

  /// Every seed has a weather of its own.
  init(seed: UInt64) {
    self.init()
    var chance = Chance(seed, for: "weather")
    crashes = chance.pick([0, 5, 15, 40])
    powerFails = chance.pick([0, 500, 1000])
    diskFaults = chance.pick([0, 5, 15, 40])
    outages = chance.pick([0, 100, 400])
    lostRounds = chance.pick([0, 0, 10, 40])
    failedDuties = chance.pick([0, 0, 10, 40])
    copies = chance.pick([0, 0, 150])
    providerFaults = chance.pick([0, 100, 300])
    clientsGivingUp = chance.pick([0, 200])
    hasHaste = true
    setsClock = chance.hits(150)
    hasPaces = chance.hits(300)
    (timeline.rowsToMerge, timeline.rowsPerSlice) = (chance.pick([10, 40]), 5)
    limits.idsPerBlock = chance.pick([4, 30])
    pages = chance.pick([10, 100, 400])
    limits.windowMilliseconds = chance.pick([2, 7, 7]) * 86_400_000
    isSlow = chance.hits(250)
    if chance.hits(250) { slice = Engine.Slice(events: 3, timers: 3) }
    if chance.hits(350) { retention = Self.retention(&chance) }
    (rowsDeleted, pauseOfDeleting) = (
      chance.pick([25, 100, 400]), chance.pick([6, 12, 24]) * 3_600_000
    )
    var moderation = Chance(seed, for: "caps")
    erases = Chance.hits(350, seed, for: "erases")
    if moderation.hits(400) { caps = Self.caps(&moderation, kept: retention.messages) }
  }

  /// Tight ones, as people get few messages here. None looks back further than messages are kept.
  private static func caps(_ chance: inout Chance, kept: Span?) -> [FrequencyCap] {
    let all = [
      FrequencyCap(channels: ["email"], limit: 1, per: Span(days: 3)),
      FrequencyCap(channels: ["email", "sms", "call"], limit: 1, per: Span(milliseconds: 36 * 3_600_000)),
      FrequencyCap(channels: ["sms", "call"], limit: 1, per: Span(days: 5)),
      FrequencyCap(channels: ["email", "sms", "call"], limit: 2, per: Span(days: 7)),
    ].filter { cap in kept.map { cap.per.approximateMilliseconds <= $0.approximateMilliseconds } ?? true }
    let first = chance.pick(all)
    let second = chance.pick(all)
    return first == second ? [first] : [first, second]
  }

  private static func retention(_ chance: inout Chance) -> RetentionPolicy {
    func span(_ days: [Int?]) -> Span? { chance.pick(days).map { Span(days: $0) } }
    var policy = RetentionPolicy(
      events: span([nil, 9, 20]), messages: span([nil, 6, 12]), traces: span([nil, nil, 4, 15]),
      bodies: span([nil, 3]))
    for type in ["view", "cart", "visit"] { policy.types[type] = span([nil, 2, 5, 8]) }
    return policy
  }

  init() {
    (timeline.rowsToMerge, timeline.rowsPerSlice, limits.idsPerBlock) = (20, 5, 10)
  }
}
