import Domain
import Engine
import Ingest
import JSON
import SQL

/// The one choke point that every message passes, inside the transaction that writes the intent: a run that is over, the
/// chain's `stop_when`, the step's `only_if`, address, suppression and consent; for marketing allowed hours, quiet times
/// and caps.
struct Gate {
  enum Verdict {
    case pass(Passage)
    case skip(reason: String)
    case fail(reason: String)
    /// Not before.
    case later(Timestamp, HeldBy)
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
    /// The proof of consent it relies on: consent_proofs.id.
    let consent: Int64?
  }

  let views: ContactViews
  let recent: RecentRows
  let catalog: ChainCatalog
  let rules: Rules
  let templates: TemplateCatalog
  let hold: Hold?
  let tombstones: Tombstones
  let poison: PoisonGuard
  let moderation: Moderation
  /// When this process began to look: what was due before was found overdue.
  var startedAt: Timestamp?
  /// When the process before it last had more to hand over than channels took: what was due by then waited for them.
  var backlogSeenAt: Timestamp?

  init(
    views: ContactViews, recent: RecentRows, catalog: ChainCatalog, rules: Rules, templates: TemplateCatalog,
    hold: Hold?, tombstones: Tombstones, poison: PoisonGuard
  ) {
    self.poison = poison
    (self.views, self.recent, self.catalog) = (views, recent, catalog)
    (self.rules, self.templates, self.hold, self.tombstones) = (rules, templates, hold, tombstones)
    moderation = Moderation(rules: rules, catalog: catalog, recent: recent, merged: views.merged)
  }

  /// Who has come so far that only the time decides.
  private struct Visitor {
    let contact: Contact
    let address: String
    let run: Run
    let trigger: EventFact
    let send: Send
    let version: ChainVersion
    let view: StoredContactView
  }

  private enum Admission {
    case visitor(Visitor)
    case refused(Verdict)
  }

  func judge(_ message: DueMessage, inHand: SlotsInHand, now: Timestamp, _ db: Connection) throws -> Verdict {
    try poison.attempt(.init(.message, message.id, Int64(message.attempts))) {
      try judgeByRules(message, inHand: inHand, now: now, db)
    }
  }

  private func judgeByRules(
    _ message: DueMessage, inHand: SlotsInHand, now: Timestamp, _ db: Connection
  ) throws -> Verdict {
    let visitor: Visitor
    switch try admit(message, now: now, db) {
    case .refused(let verdict): return verdict
    case .visitor(let admitted): visitor = admitted
    }
    if message.purpose == .marketing {
      let restraint = try moderation.restraint(of: message, view: visitor.view, inHand: inHand, now: now, db) {
        try wouldPass($0, inHand: inHand, now: now, db)
      }
      if let restraint {
        let hours = visitor.version.chain.allowedHours(for: visitor.send, rules)
        let moment = hours.firstMoment(from: restraint.until, in: visitor.view.zone)
        return .later(min(moment, message.expiresAt), restraint.by)
      }
    }
    return .pass(try passage(of: message, visitor, now: now, db))
  }

  private func passage(
    of message: DueMessage, _ visitor: Visitor, now: Timestamp, _ db: Connection
  ) throws -> Passage {
    let (run, trigger, zone) = (visitor.run, visitor.trigger, visitor.view.zone)
    let values = try MessageValues(view: visitor.view, now: now, templates: templates).values(
      for: visitor.send, template: message.template, contact: visitor.contact, run: run, trigger: trigger,
      try SceneValues(of: run, visitor.version, recent, db))
    return Passage(
      contact: visitor.contact, address: visitor.address, values: values, zone: zone, queue: visitor.send.queue,
      deadline: visitor.send.deadline.map { $0.after(now, in: zone) }, chain: visitor.version.id,
      consent: message.purpose == .marketing
        ? try Permission.ground(for: visitor.contact.row, on: message.channel, rules, db)?.proof : nil)
  }

  /// But for the others that want the same slot. What cannot be decided does not pass.
  private func wouldPass(_ rival: DueMessage, inHand: SlotsInHand, now: Timestamp, _ db: Connection) throws -> Bool {
    do {
      return try poison.attempt(.init(.message, rival.id, Int64(rival.attempts)), settles: false) {
        guard case .visitor(let visitor) = try admit(rival, now: now, db) else { return false }
        return try !moderation.holds(rival, view: visitor.view, inHand: inHand, now: now, db)
      }
    } catch let error where error is SQLError || error is StoreUnavailable {
      throw error
    } catch {
      return false
    }
  }

  /// Everything but what depends on the contact's other messages.
  private func admit(_ message: DueMessage, now: Timestamp, _ db: Connection) throws -> Admission {
    switch catalog.entry(message.chain)?.status {
    case .paused: return .refused(.park)
    case .archived, .draft, nil: return .refused(.skip(reason: "archived"))
    case .live: break
    }
    if now >= message.expiresAt { return .refused(.skip(reason: "hold")) }
    guard let run = try recent.run(message.run, db), !Self.forbids(run) else { return .refused(.skip(reason: "ended")) }
    // Which may be a later one than planned it: what its run walks now.
    guard let version = try catalog.version(run.chain, run.version, db) else { return .refused(.skip(reason: "gone")) }
    guard let step = version.chain.program.indices.contains(message.step) ? version.chain.program[message.step] : nil,
      case .send(let send) = step.kind
    else { return .refused(.skip(reason: "gone")) }
    guard let contact = try recent.contact(message.contact, db), let trigger = try recent.trigger(run.triggerSeq, db)
    else { return .refused(.skip(reason: "gone")) }
    let view = views.view(of: contact, for: run, db)
    if isTooLate(message, send, version.chain, in: view.zone) { return .refused(.skip(reason: "late")) }
    let evaluator = Evaluator(view: view, run: RunScope(run, trigger: trigger), now: now)
    for condition in version.chain.stopWhen where try evaluator.evaluate(condition).holds {
      return .refused(.skip(reason: "stopped"))
    }
    if let onlyIf = send.onlyIf, try !evaluator.evaluate(onlyIf).holds { return .refused(.skip(reason: "only_if")) }
    guard let address = contact.address(for: message.channel) else { return .refused(.skip(reason: "no_address")) }
    let closed = try restriction(message, send, contact, at: address, version.chain, view.zone, now: now, db)
    if let closed { return .refused(closed) }
    return .visitor(
      Visitor(contact: contact, address: address, run: run, trigger: trigger, send: send, version: version, view: view))
  }

  /// A run that ends takes back what it had planned; what is planned after that, a person wants tried again.
  private static func forbids(_ run: Run) -> Bool {
    run.state == .ended && ["stopped", "archived", "restarted", "history_gone", "left"].contains(run.reason)
  }

  /// Whether it fell due while the server was down or the file held, and `late` says that this was too long ago. The end
  /// of that is what counts, not now: a channel's own backlog makes nothing late. What a pause held back, the resume drops.
  private func isTooLate(_ message: DueMessage, _ send: Send, _ chain: Chain, in zone: Zone) -> Bool {
    guard let end = [startedAt, hold?.releasedAt].compactMap({ $0 }).max(), message.dueAt < end else { return false }
    let since = max(message.dueAt, backlogSeenAt ?? message.dueAt)
    return chain.isTooLate(send, due: message.dueAt, lateness: max(0, end - since), in: zone)
  }

  /// Suppression, consent and hours, in this order; nil when nothing stands in the way.
  private func restriction(
    _ message: DueMessage, _ send: Send, _ contact: Contact, at address: String, _ chain: Chain, _ zone: Zone,
    now: Timestamp, _ db: Connection
  ) throws -> Verdict? {
    let suppressed = try Suppressions().reason(
      against: address, channel: message.channel, purpose: message.purpose, db)
    if suppressed != nil { return .skip(reason: "suppressed") }
    if try tombstones.suppresses(address, channel: message.channel, purpose: message.purpose, db) {
      return .skip(reason: "suppressed")
    }
    guard message.purpose == .marketing else { return nil }
    guard try Permission.ground(for: contact.row, on: message.channel, rules, db) != nil else {
      return .skip(reason: "no_consent")
    }
    // Last: who must not get it at all is told so at once, not in the morning.
    let hours = chain.allowedHours(for: send, rules)
    guard !hours.contains(now, in: zone) else { return nil }
    let open = hours.firstMoment(from: now, in: zone)
    // Hours that never meet, after a change of configuration: it waits for its end instead of for now.
    return .later(open > now ? min(open, message.expiresAt) : message.expiresAt, .hours)
  }
}
