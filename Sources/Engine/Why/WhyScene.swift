import Domain
import Ingest
import JSON
import SQL

/// What an account of one contact in one chain asks again and again, read once.
final class WhyScene {
  struct Version {
    let number: Int64
    let chain: Chain
    let document: JSONValue

    /// Where a trigger stands.
    func pointer(ofTrigger index: Int) -> String {
      document["enter"]?.array == nil ? "/enter" : "/enter/\(index)"
    }

    func step(labelled label: String) -> Step? { chain.program.first { $0.label == label } }

    /// Where the conditions of `stop_when` stand.
    var stops: [(condition: Condition, pointer: String)] {
      let isList = document["stop_when"]?.array != nil
      return chain.stopWhen.enumerated().map { ($1, isList ? "/stop_when/\($0)" : "/stop_when") }
    }
  }

  let chain: ChainStore.Stored
  let contact: Contact
  let now: Timestamp
  let timeline: Timeline
  let log: EventLog
  let rules: Rules
  let db: Connection
  private var versions: [Int64: Version] = [:]
  private var events: [Int64: StoredEvent] = [:]

  init(
    _ chain: ChainStore.Stored, _ contact: Contact, now: Timestamp, timeline: Timeline, log: EventLog, rules: Rules,
    _ db: Connection
  ) {
    (self.chain, self.contact, self.now, self.timeline) = (chain, contact, now, timeline)
    (self.log, self.rules, self.db) = (log, rules, db)
  }

  /// Nil when there is no such version, or this server cannot read it.
  func version(_ number: Int64) throws -> Version? {
    if let known = versions[number] { return known }
    guard let text = try ChainStore().document(chain.number, version: number, db) else { return nil }
    let limits = JSONLimits(maxDepth: ChainStore.documentDepth)
    guard let document = try? JSONDocument(parsing: Array(text.utf8), limits: limits),
      let parsed = ChainParser.parse(document).chain
    else { return nil }
    let version = Version(number: number, chain: parsed, document: document.root.value)
    versions[number] = version
    return version
  }

  /// Nil when it is gone.
  func event(_ seq: Int64) throws -> StoredEvent? {
    if let known = events[seq] { return known }
    let event = try log.event(seq, db)
    events[seq] = event
    return event
  }

  func fact(_ seq: Int64) throws -> EventFact? { try event(seq).map { try EventFact($0) } }

  /// What people call an event: the sender's id, else its place in the log.
  func name(_ seq: Int64) throws -> String { try event(seq)?.id ?? String(seq) }

  /// `cart` c-17 of 2026-03-02T09:00Z
  func phrase(_ event: StoredEvent) -> String {
    "`\(event.type)` \(event.id ?? String(event.seq)) of \(event.at.brief)"
  }

  /// - Parameter position: the log's; nil: its end.
  func view(of run: Run?, position: Int64? = nil, at moment: Timestamp) -> PastView {
    PastView(
      contact, run: run, position: position ?? .max, moment: moment, timeline: timeline, rules: rules, db)
  }

  func explainer(
    _ version: Version, _ scope: RunScope, of run: Run?, position: Int64? = nil, at moment: Timestamp
  ) -> Explainer {
    Explainer(
      view: view(of: run, position: position, at: moment), run: scope, now: moment, chain: version.chain,
      document: version.document)
  }

  func json(_ check: Check) throws -> JSONValue { try check.json(name) }

  func json(_ checks: [Check]) throws -> JSONValue { .array(try checks.map(json)) }
}

/// When a chain was live, paused or archived, and with which version.
struct ChainPast {
  private let changes: [(at: Timestamp, status: String, version: Int64?)]

  init(_ chain: Int64, _ db: Connection) throws {
    let sql = "SELECT at, status, version FROM chain_changes WHERE chain = $1 ORDER BY id DESC LIMIT 1000"
    changes = try db.query(sql, [.int(chain)]) {
      (Timestamp(milliseconds: $0.int(0)), $0.text(1), $0.optionalInt(2))
    }
  }

  /// Nil: it had never been published, or that is no longer on record.
  func state(at moment: Timestamp) -> (at: Timestamp, status: String, version: Int64?)? {
    changes.first { $0.at <= moment }
  }
}

extension Check {
  /// What the server itself asks, beside the conditions of a document.
  init(
    _ pointer: String, _ condition: JSONValue, holds: Bool, saw: JSONObject = [:], turn: String = "",
    events: [Int64] = []
  ) {
    self.init(pointer: pointer, condition: condition, holds: holds)
    (self.saw, self.turn, self.events) = (saw, turn, events)
  }
}
