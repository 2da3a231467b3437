import Domain
import Engine
import Ingest
import JSON
import SQL

/// The one choke point that every message passes, inside the transaction that writes the intent: a run that is over, the
/// chain's `stop_when`, the step's `only_if`, allowed hours, address, suppression and consent.
struct Gate {
  enum Verdict {
    case pass(Passage)
    case skip(reason: String)
    case fail(reason: String)
    /// Not in these hours.
    case later(Timestamp)
    /// The chain is paused.
    case park
  }

  /// What the gate learned on the way.
  struct Passage {
    let contact: Contact
    let address: String
    let values: JSONValue
    let zone: Zone
    let queue: String?
    let deadline: Timestamp?
    let chain: String
  }

  let views: ContactViews
  let recent: RecentRows
  let catalog: ChainCatalog
  let rules: Rules
  let templates: TemplateCatalog
  let hold: Hold?

  func judge(_ message: DueMessage, now: Timestamp, _ db: Connection) throws -> Verdict {
    switch catalog.entry(message.chain)?.status {
    case .paused: return .park
    case .archived, .draft, nil: return .skip(reason: "archived")
    case .live: break
    }
    if now >= message.expiresAt { return .skip(reason: "hold") }
    guard let run = try recent.run(message.run, db), !Self.forbids(run) else { return .skip(reason: "ended") }
    // Which may be a later one than planned it: what its run walks now.
    guard let version = try catalog.version(run.chain, run.version, db) else { return .skip(reason: "gone") }
    guard let step = version.chain.program.indices.contains(message.step) ? version.chain.program[message.step] : nil,
      case .send(let send) = step.kind
    else { return .skip(reason: "gone") }
    guard let contact = try recent.contact(message.contact, db), let trigger = try recent.trigger(run.triggerSeq, db)
    else { return .skip(reason: "gone") }
    let view = views.view(of: contact, for: run, db)
    if isTooLate(message, send, version.chain, in: view.zone) { return .skip(reason: "late") }
    let evaluator = Evaluator(view: view, run: RunScope(run, trigger: trigger), now: now)
    for condition in version.chain.stopWhen where try evaluator.evaluate(condition).holds {
      return .skip(reason: "stopped")
    }
    if let onlyIf = send.onlyIf, try !evaluator.evaluate(onlyIf).holds { return .skip(reason: "only_if") }
    guard let address = contact.address(for: message.channel) else { return .skip(reason: "no_address") }
    let closed = try restriction(message, send, contact, at: address, version.chain, view.zone, now: now, db)
    if let closed { return closed }
    let values = try MessageValues(view: view, now: now, templates: templates).values(
      for: send, template: message.template, contact: contact, run: run, trigger: trigger,
      try SceneValues(of: run, version, recent, db))
    return .pass(
      Passage(
        contact: contact, address: address, values: values, zone: view.zone, queue: send.queue,
        deadline: send.deadline.map { $0.after(now, in: view.zone) }, chain: version.id))
  }

  /// A run that ends takes back what it had planned; what is planned after that, a person wants tried again.
  private static func forbids(_ run: Run) -> Bool {
    run.state == .ended && ["stopped", "archived", "restarted", "history_gone", "left"].contains(run.reason)
  }

  /// Whether it fell due while the file was held, and `late` says that this was too long ago. The release is what counts,
  /// not now: a channel's own backlog makes nothing late.
  private func isTooLate(_ message: DueMessage, _ send: Send, _ chain: Chain, in zone: Zone) -> Bool {
    guard let released = hold?.releasedAt, message.dueAt < released else { return false }
    return chain.isTooLate(send, due: message.dueAt, lateness: released - message.dueAt, in: zone)
  }

  /// Suppression, consent and hours, in this order; nil when nothing stands in the way.
  private func restriction(
    _ message: DueMessage, _ send: Send, _ contact: Contact, at address: String, _ chain: Chain, _ zone: Zone,
    now: Timestamp, _ db: Connection
  ) throws -> Verdict? {
    let suppressed = try Suppressions().reason(
      against: address, channel: message.channel, purpose: message.purpose, db)
    if suppressed != nil { return .skip(reason: "suppressed") }
    guard message.purpose == .marketing else { return nil }
    guard try Permission.consents(contact.row, to: message.channel, rules, db) else {
      return .skip(reason: "no_consent")
    }
    // Last: who must not get it at all is told so at once, not in the morning.
    let hours = chain.allowedHours(for: send, rules)
    guard !hours.contains(now, in: zone) else { return nil }
    let open = hours.firstMoment(from: now, in: zone)
    // Hours that never meet, after a change of configuration: it waits for its end instead of for now.
    return .later(open > now ? min(open, message.expiresAt) : message.expiresAt)
  }
}
