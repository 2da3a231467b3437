public import SQL
import Synchronization

/// Figures of chains and messages, moved in the same transaction as what they count. The totals in memory follow the
/// commits, so that reading them costs the same at every size.
public final class Counters: Sendable {
  public struct Key: Hashable, Comparable, Sendable {
    public let chain: Int64
    public let version: Int64
    /// A step's label; empty for the chain itself.
    public let step: String
    public let outcome: String

    public init(chain: Int64, version: Int64, step: String, outcome: String) {
      (self.chain, self.version, self.step, self.outcome) = (chain, version, step, outcome)
    }

    public static func < (a: Key, b: Key) -> Bool {
      (a.chain, a.version, a.step, a.outcome) < (b.chain, b.version, b.step, b.outcome)
    }
  }

  /// Outcomes of a chain itself that are no reason for which a run ended. Runs that a live edit takes from one version to
  /// another are counted in both: `followed` in the one they left, `joined` in the one they came to.
  private static let besideEnds: Set<String> = [
    "entered", "followed", "joined", "goal", "goal_value", "held_out", "held_out_goal", "held_out_goal_value",
    "too_often", lateEntry, entryLeftAside,
  ]

  /// Whether an outcome of a chain itself is a reason for which runs ended.
  public static func isEnd(_ outcome: String) -> Bool { !besideEnds.contains(outcome) }

  /// Who was to come in by time, and was found so late that `late` left him out.
  static let lateEntry = "late_entry"

  /// What the chain made of an event ended too many processes.
  static let entryLeftAside = "entry_left_aside"

  /// Not outcomes, but where the messages are that have none yet in the funnel: those that are planned or in hand, moved
  /// with the ledger's rows, and those whose end the log says and the engine has still to read. At any moment
  /// planned = sent + failed + skipped + unknown + pending + unread, of figures none of which is made out of the others.
  public static let pending = "pending"
  public static let unread = "unread"

  /// What `pending` and `unread` are not.
  public static func isOutcome(_ figure: String) -> Bool { figure != pending && figure != unread }

  public struct MessageKey: Hashable, Comparable, Sendable {
    public let channel: String
    public let status: String

    public init(channel: String, status: String) { (self.channel, self.status) = (channel, status) }

    public static func < (a: MessageKey, b: MessageKey) -> Bool { (a.channel, a.status) < (b.channel, b.status) }
  }

  private struct Figures {
    var chains: [Key: Int64] = [:]
    var messages: [MessageKey: Int64] = [:]
    /// How often messages came into a status.
    var moves: [MessageKey: Int64] = [:]

    mutating func add(_ other: Figures) {
      chains.merge(other.chains, uniquingKeysWith: Counters.sum)
      messages.merge(other.messages, uniquingKeysWith: Counters.sum)
      moves.merge(other.moves, uniquingKeysWith: Counters.sum)
    }
  }

  private let committed = Mutex(Figures())
  private let pending = Mutex(Figures())

  public init() {}

  /// Reads the totals from the file.
  public func load(_ db: Connection) throws {
    var figures = Figures()
    try db.each("SELECT chain, version, step, outcome, count FROM chain_counters") { row in
      let key = Key(chain: row.int(0), version: row.int(1), step: row.text(2), outcome: row.text(3))
      figures.chains[key] = row.int(4)
      return true
    }
    try db.each("SELECT channel, status, count FROM message_counters") { row in
      figures.messages[MessageKey(channel: row.text(0), status: row.text(1))] = row.int(2)
      return true
    }
    committed.withLock { [figures] in $0 = figures }
    forget()
  }

  public func count(_ key: Key, by amount: Int64 = 1) {
    pending.withLock { $0.chains[key] = Self.sum($0.chains[key] ?? 0, amount) }
  }

  /// No figure passes this, in memory or in the file: money comes from outside, and a sum must neither trap nor turn into
  /// a floating-point number.
  private static let limit: Int64 = 1_000_000_000_000_000_000

  private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (b < 0 ? -limit : limit) : Swift.max(-limit, Swift.min(limit, sum))
  }

  /// The end of a message that was pending stands in the log.
  public func close(chain: Int64, version: Int64, step: String) {
    count(Key(chain: chain, version: version, step: step, outcome: Self.pending), by: -1)
    count(Key(chain: chain, version: version, step: step, outcome: Self.unread))
  }

  /// A message's way from one status (nil: it is new) to another.
  public func move(_ channel: String, from: String?, to: String) {
    pending.withLock { figures in
      if let from { figures.messages[MessageKey(channel: channel, status: from), default: 0] -= 1 }
      figures.messages[MessageKey(channel: channel, status: to), default: 0] += 1
      figures.moves[MessageKey(channel: channel, status: to), default: 0] += 1
    }
  }

  /// A planned message goes over another channel.
  public func replan(from channel: String, to other: String) {
    pending.withLock { figures in
      figures.messages[MessageKey(channel: channel, status: "planned"), default: 0] -= 1
      figures.messages[MessageKey(channel: other, status: "planned"), default: 0] += 1
    }
  }

  /// Writes what was counted since the last call, inside the open transaction.
  public func write(_ db: Connection) throws {
    let figures = pending.withLock { figures in
      defer { figures = Figures() }
      return figures
    }
    guard !figures.chains.isEmpty || !figures.messages.isEmpty else { return }
    // In an order of their own: the same history writes the same bytes in every process.
    for (key, amount) in figures.chains.sorted(by: { $0.key < $1.key }) where amount != 0 {
      let sql = """
        INSERT INTO chain_counters (chain, version, step, outcome, count) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (chain, version, step, outcome) DO UPDATE SET count = CASE
          WHEN count + excluded.count > \(Self.limit) THEN \(Self.limit)
          WHEN count + excluded.count < -\(Self.limit) THEN -\(Self.limit)
          ELSE count + excluded.count END
        """
      try db.run(
        sql, [.int(key.chain), .int(key.version), .text(key.step), .text(key.outcome), .int(amount)])
    }
    for (key, amount) in figures.messages.sorted(by: { $0.key < $1.key }) where amount != 0 {
      let sql = """
        INSERT INTO message_counters (channel, status, count) VALUES ($1, $2, $3)
        ON CONFLICT (channel, status) DO UPDATE SET count = count + excluded.count
        """
      try db.run(sql, [.text(key.channel), .text(key.status), .int(amount)])
    }
    db.onCommit { [self, figures] in committed.withLock { $0.add(figures) } }
  }

  /// What was counted in a transaction that was lost.
  public func forget() { pending.withLock { $0 = Figures() } }

  /// One figure of a step over the versions from the first `through` one, with what the open transaction has counted.
  /// Cost: two look-ups a version.
  func figure(chain: Int64, through version: Int64, step: String, outcome: String) -> Int64 {
    (1...max(1, version)).reduce(0) { sum, version in
      let key = Key(chain: chain, version: version, step: step, outcome: outcome)
      return sum + (committed.withLock { $0.chains[key] } ?? 0) + (pending.withLock { $0.chains[key] } ?? 0)
    }
  }

  /// All figures as of one commit.
  public struct Snapshot: Sendable {
    public let chains: [Key: Int64]
    public let messages: [MessageKey: Int64]
    /// How often messages have come into a status since the start; never falls.
    public let moves: [MessageKey: Int64]
  }

  public var snapshot: Snapshot {
    committed.withLock { Snapshot(chains: $0.chains, messages: $0.messages, moves: $0.moves) }
  }

  public var chains: [Key: Int64] { snapshot.chains }

  public var messages: [MessageKey: Int64] { snapshot.messages }
}
