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

  /// Whose event a run's trigger was, by contacts.id, where it was another's.
  /// - Parameter run: nil before there is one.
  func actor(of trigger: Int64, _ version: Version, in run: Run?) throws -> Int64? {
    if let run, run.triggerSeq == trigger { return run.actor }
    // No run remembers the trigger that it had first.
    guard version.chain.triggers.contains(where: { $0.enroll != nil }), let event = try event(trigger) else {
      return nil
    }
    let row = try doer(of: event)
    return row == contact.row ? nil : row ?? Self.gone
  }

  /// Whose event it is, by contacts.id; nil where nobody has its keys any more.
  func doer(of event: StoredEvent) throws -> Int64? {
    guard let row = event.contact else { return try People().known(event.keys, db) }
    let survivor = "SELECT survivor FROM merged_contacts WHERE contact = $1"
    return try db.first(survivor, [.int(row)]) { $0.int(0) } ?? row
  }

  /// No contact's.
  private static let gone: Int64 = 0

  /// - Parameters:
  ///   - actor: whose event the trigger is, where it is another's.
  ///   - position: the log's; nil: its end.
  func view(of run: Run?, actor: Int64? = nil, position: Int64? = nil, at moment: Timestamp) -> PastView {
    view(of: contact, run, actor: actor, position: position, at: moment)
  }

  private func view(
    of contact: Contact, _ run: Run?, actor: Int64?, position: Int64?, at moment: Timestamp
  ) -> PastView {
    PastView(
      contact, run: run, actor: actor, position: position ?? .max, moment: moment, timeline: timeline, rules: rules, db)
  }

  func explainer(
    _ version: Version, _ scope: RunScope, of run: Run?, position: Int64? = nil, at moment: Timestamp
  ) throws -> Explainer {
    Explainer(
      view: view(
        of: run, actor: try actor(of: scope.trigger.seq, version, in: run), position: position, at: moment),
      run: scope, now: moment, chain: version.chain, document: version.document)
  }

  /// What a trigger asks is asked of the one whose event it is.
  func explainer(_ version: Version, of event: EventFact, by actor: Contact, at moment: Timestamp) -> Explainer {
    Explainer(
      view: view(of: actor, nil, actor: nil, position: event.seq, at: moment), run: RunScope(entering: event),
      now: moment, chain: version.chain, document: version.document)
  }

  /// What `{"from": …}` stood for when the trigger came.
  func value(_ expression: ValueExpression, of event: EventFact, by actor: Contact, at moment: Timestamp) throws
    -> JSONValue?
  {
    let view = view(of: actor, nil, actor: nil, position: event.seq, at: moment)
    return try Evaluator(view: view, run: RunScope(entering: event), now: moment).value(expression)
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
