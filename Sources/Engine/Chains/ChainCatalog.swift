public import Domain
import JSON
public import SQL

/// The chains as the writer's thread sees them: which are live, which event types concern them, and every version that
/// still has runs, parsed once. Mirrors the file; a rollback or a publish makes it read anew.
public final class ChainCatalog {
  public enum Status: String, Sendable {
    case draft, live, paused, archived
  }

  public struct Entry: Sendable {
    public let number: Int64
    public let id: String
    public let status: Status
    public let liveVersion: Int64?
    var resumption: Resumption?
    var move: VersionMove?
  }

  private struct VersionKey: Hashable {
    let number: Int64
    let version: Int64
  }

  private var entries: [Int64: Entry] = [:]
  private var numbers: [String: Int64] = [:]
  private var versions: [VersionKey: ChainVersion] = [:]
  /// By the older version: a chain's runs go to one at a time.
  private var edits: [VersionKey: Edit] = [:]
  /// Live chains that an event type can start, in the order of their numbers.
  private var starters: [String: [ChainVersion]] = [:]
  private var wakers: Set<String> = []
  /// Of contacts: what the ends of standing waits follow from.
  private(set) var clockFields: Set<String> = []
  private var goals: Set<String> = []
  private var isStale = true
  private var told: Set<String> = []
  private let report: (String) -> Void

  /// - Parameter report: gets a line for the log about a version that cannot be read.
  public init(report: @escaping (String) -> Void = { _ in }) { self.report = report }

  /// Something was published, paused or archived: read again before the next use.
  public func invalidate() { isStale = true }

  /// A transaction was lost. What was published before it stays parsed; what was parsed in it has gone with it.
  public func forget() {
    edits = [:]
    isStale = true
  }

  /// - Returns: whether the chains were read anew.
  @discardableResult
  public func refresh(_ db: Connection) throws -> Bool {
    guard isStale else { return false }
    let (resumptions, moves) = (try Resumption.underWay(db), try VersionMove.underWay(db))
    edits = [:]
    let rows = try db.query("SELECT number, id, status, live_version FROM chains") {
      Entry(
        number: $0.int(0), id: $0.text(1), status: Status(rawValue: $0.text(2)) ?? .draft,
        liveVersion: $0.optionalInt(3), resumption: resumptions[$0.int(0)], move: moves[$0.int(0)])
    }
    entries = Dictionary(rows.map { ($0.number, $0) }) { _, last in last }
    numbers = Dictionary(rows.map { ($0.id, $0.number) }) { _, last in last }
    (starters, wakers, goals, clockFields) = ([:], [], [], [])
    for entry in rows.sorted(by: { $0.number < $1.number }) {
      guard entry.status == .live, let version = entry.liveVersion else { continue }
      guard let live = try readable(entry.number, version, db) else { continue }
      for type in live.chain.startingTypes { starters[type, default: []].append(live) }
    }
    // Older versions that runs still walk listen too.
    for used in try db.query("SELECT chain, version FROM chain_versions", [], { ($0.int(0), $0.int(1)) }) {
      guard let chain = try readable(used.0, used.1, db)?.chain else { continue }
      wakers.formUnion(chain.wakingTypes)
      clockFields.formUnion(chain.clockFields)
      if let goal = chain.goal { goals.insert(goal.did) }
    }
    isStale = false
    return true
  }

  /// Nil for a version that this server cannot read: it is told once, and the other chains go on.
  func readable(_ number: Int64, _ version: Int64, _ db: Connection) throws -> ChainVersion? {
    do {
      return try self.version(number, version, db)
    } catch let error as UnreadableVersion {
      if told.insert(error.description).inserted { report(error.description) }
      return nil
    }
  }

  public func entry(_ number: Int64) -> Entry? { entries[number] }

  /// Nil when there is no chain of that id.
  func number(of id: String) -> Int64? { numbers[id] }

  /// The version that new runs of a live chain walk.
  func live(_ id: String, _ db: Connection) throws -> ChainVersion? {
    guard let entry = numbers[id].flatMap({ entries[$0] }), entry.status == .live, let version = entry.liveVersion
    else {
      return nil
    }
    return try readable(entry.number, version, db)
  }

  public var all: [Entry] { entries.values.sorted { $0.number < $1.number } }

  /// Its chain is paused, or was and the resume has not come to it yet.
  func isPaused(_ run: Run) -> Bool {
    guard let entry = entries[run.chain] else { return false }
    return entry.status == .paused || entry.resumption?.awaits(run.id) == true
  }

  /// A resume has come so far; nil: to its end. The open transaction says so, too.
  func advance(_ chain: Int64, to resumption: Resumption?) { entries[chain]?.resumption = resumption }

  /// The runs inside have been taken to a new version so far; nil: all of them. The open transaction says so, too.
  func advance(_ chain: Int64, to move: VersionMove?) {
    entries[chain]?.move = move
    if move == nil { edits = edits.filter { $0.key.number != chain } }
  }

  func startable(by type: String) -> [ChainVersion] { starters[type] ?? [] }

  /// Whether an event of `type` can move or end any run.
  func wakesRuns(_ type: String) -> Bool { wakers.contains(type) }

  func isGoal(_ type: String) -> Bool { goals.contains(type) }

  /// Nil when there is no such version.
  public func version(_ number: Int64, _ version: Int64, _ db: Connection) throws -> ChainVersion? {
    let key = VersionKey(number: number, version: version)
    if let parsed = versions[key] { return parsed }
    let read = try read(number, version, db)?.version
    versions[key] = read
    // Another one may come to have its number.
    if read != nil { db.onRollback { [self] in versions[key] = nil } }
    return read
  }

  /// How runs go from one version of a chain to `new`. Both are read again: the texts are kept nowhere.
  func edit(from version: Int64, to new: ChainVersion, _ db: Connection) throws -> Edit? {
    let key = VersionKey(number: new.number, version: version)
    if let known = edits[key], known.new.version == new.version { return known }
    guard let before = try read(new.number, version, db), let after = try read(new.number, new.version, db) else {
      return nil
    }
    let matching = StepMatching(from: before.version.chain, before.text, to: after.version.chain, after.text)
    let edit = Edit(old: before.version, new: after.version, matching: matching)
    edits[key] = edit
    return edit
  }

  /// A document of the store; nil when this server cannot read it.
  static func parse(_ document: [UInt8]) -> Chain? {
    let limits = JSONLimits(maxDepth: ChainStore.documentDepth)
    return (try? JSONDocument(parsing: document, limits: limits)).flatMap { ChainParser.parse($0).chain }
  }

  private func read(
    _ number: Int64, _ version: Int64, _ db: Connection
  ) throws -> (version: ChainVersion, text: JSONNode)? {
    let sql = """
      SELECT c.id, v.document FROM chain_versions v JOIN chains c ON c.number = v.chain
      WHERE v.chain = $1 AND v.version = $2
      """
    let found = try db.first(sql, [.int(number), .int(version)]) { ($0.text(0), $0.textBytes(1)) }
    guard let (id, document) = found else { return nil }
    // What was published was valid then; a version that a newer server no longer understands must say so.
    let limits = JSONLimits(maxDepth: ChainStore.documentDepth)
    guard let parsed = try? JSONDocument(parsing: document, limits: limits) else {
      throw UnreadableVersion(chain: id, version: version, issues: [])
    }
    let result = ChainParser.parse(parsed)
    guard let chain = result.chain else {
      throw UnreadableVersion(chain: id, version: version, issues: result.errors)
    }
    return (ChainVersion(number: number, id: id, version: version, chain: chain), parsed.root)
  }
}

/// A published version that this server cannot read.
public struct UnreadableVersion: Error, CustomStringConvertible {
  public let chain: String
  public let version: Int64
  public let issues: [Issue]

  public var description: String {
    "version \(version) of the chain \(chain) cannot be read by this server: \(issues.first?.detail ?? "")"
  }
}
