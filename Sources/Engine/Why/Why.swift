public import Domain
public import Ingest
public import JSON
public import SQL

/// Why a contact got a chain's messages, did not, or never entered: what is on record of his runs, and the rest judged
/// anew as of its moment by the rules that judged it then. Reads alone, on any connection.
public struct Why: Sendable {
  private let timeline: Timeline
  private let log: EventLog
  private let rules: Rules

  public init(timeline: Timeline, log: EventLog, rules: Rules) {
    (self.timeline, self.log, self.rules) = (timeline, log, rules)
  }

  /// A version that there is not.
  public struct NoVersion: Error {
    public let number: Int64
  }

  /// - Parameters:
  ///   - version: whose rules the events are judged by; nil: those of the version that was live then.
  ///   - run: runs before this one; nil: from the newest on.
  /// - Returns: `{"chain", "contact", "outcome", "because", "checks", "attempts", "runs", "next"}`; `next` is the id of the
  ///   last run that is told, nil when there are no more.
  public func account(
    of contact: Contact, in chain: ChainStore.Stored, version: Int64?, before run: Int64?, limit: Int, now: Timestamp,
    _ db: Connection
  ) throws -> (json: JSONObject, next: Int64?) {
    let scene = WhyScene(chain, contact, now: now, timeline: timeline, log: log, rules: rules, db)
    var object: JSONObject = ["chain": .string(chain.id), "contact": .string(contact.publicID)]
    object["status"] = .string(chain.status.rawValue)
    object["version"] = (version ?? chain.liveVersion).map { .number(JSONNumber($0)) } ?? .null
    let asked = try version.map { number in
      guard let version = try scene.version(number) else { throw NoVersion(number: number) }
      return version
    }
    let current = try asked ?? chain.liveVersion.flatMap { try scene.version($0) }
    let runs = try RunStore().runs(
      of: contact.row, chain: chain.number, before: run ?? .max, limit: limit + 1, db)
    let told = try runs.prefix(limit).map { try WhyRun($0, scene) }
    let accounts = try told.map { try $0.account() }
    let entries = current.map { WhyEntries(scene: scene, asked: asked, current: $0) }
    let attempts = try entries?.all() ?? []
    if let newest = told.first, let account = accounts.first {
      object["outcome"] = .string(newest.outcome)
      object["because"] = .string(account.because + later(attempts, than: newest.run, scene))
      object["checks"] = .array(account.checks)
    } else {
      object["outcome"] = "never_entered"
      let checks = try attempts.first?.checks ?? entries?.missing() ?? []
      object["because"] = .string(never(attempts.first, checks, scene))
      object["checks"] = try scene.json(checks)
    }
    object["attempts"] = .array(try attempts.map { try $0.json(scene) })
    object["runs"] = .array(accounts.map(\.json))
    return (object, runs.count > limit ? told.last?.run.id : nil)
  }

  /// A later event that could have let him in again.
  private func later(_ attempts: [WhyEntry], than run: Run, _ scene: WhyScene) -> String {
    guard let newest = attempts.first, newest.event.seq > run.entry.seq, !newest.isEntry else { return "" }
    return "; since then, the " + newest.because(scene)
  }

  private func never(_ attempt: WhyEntry?, _ missing: [Check], _ scene: WhyScene) -> String {
    if let attempt { return "the newest " + attempt.because(scene) }
    guard scene.chain.liveVersion != nil else { return "the chain has never been published" }
    guard !missing.isEmpty else { return "this server cannot read the live version of the chain" }
    return "nothing has let him in: it takes " + missing.map(\.turn).joined(separator: ", or ")
  }
}
