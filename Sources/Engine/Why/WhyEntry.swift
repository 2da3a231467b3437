import Domain
import Ingest
import JSON
import SQL

/// An event that could have let the contact in, judged anew as of its acceptance, by the rules in their order.
struct WhyEntry {
  let event: StoredEvent
  let version: WhyScene.Version
  let trigger: Int
  /// Whose event it was; nil: nobody has its keys any more.
  let doer: Contact?
  /// The run that it began.
  let run: Int64?
  /// In the order in which they are asked; the first that fails decides.
  private(set) var checks: [Check] = []

  var failed: Check? { checks.first { !$0.holds } }

  var isEntry: Bool { run != nil }

  /// - Parameter ends: the entry was left aside after so many; nil: it was decided.
  init(
    _ event: StoredEvent, _ version: WhyScene.Version, trigger: Int, by doer: Contact?, run: Int64?,
    endsOfProcess ends: Int64?, _ scene: WhyScene
  ) throws {
    (self.event, self.version, self.trigger, self.doer, self.run) = (event, version, trigger, doer, run)
    if let ends { checks = [Self.leftAside(ends)] } else { try judge(scene) }
  }

  private static func leftAside(_ ends: Int64) -> Check {
    Check(
      "", ["decided": true], holds: false, saw: ["ends_of_process": .number(JSONNumber(ends))],
      turn: "to be decided: \(ends) times the server's process has ended in the middle of that, and it was left aside")
  }

  private mutating func judge(_ scene: WhyScene) throws {
    let past = try ChainPast(scene.chain.number, scene.db)
    checks.append(live(past.state(at: event.acceptedAt)))
    checks.append(fresh(scene.rules))
    let fact = try EventFact(event)
    let scope = RunScope(entering: fact)
    let explainer = try scene.explainer(version, scope, of: nil, position: event.seq, at: event.decidedAt)
    let place = version.pointer(ofTrigger: trigger)
    if event.type == ChainEvent.requested { checks.append(mayBeCalled(fact, place)) }
    if case .event(event.type, let match?) = version.chain.triggers[trigger].kind {
      let asked = doer.map { scene.explainer(version, of: fact, by: $0, at: event.decidedAt) } ?? explainer
      checks.append(try asked.explain(match, at: place + "/where"))
    }
    if let enroll = version.chain.triggers[trigger].enroll,
      event.type == version.chain.triggers[trigger].event || isCall
    {
      checks.append(try leads(enroll, fact, place + "/enroll", scene))
    }
    if let onlyIf = version.chain.onlyIf { checks.append(try explainer.explain(onlyIf, at: "/only_if")) }
    let key = version.chain.per.map { Chain.key($0, of: fact) } ?? ""
    if event.contact != nil, !ChainEvent.isTimed(event.type) { checks.append(try often(key, scene)) }
    checks.append(try reenter(key, scene))
    guard failed == nil, run == nil else { return }
    checks.append(try unknown(scene))
  }

  private func live(_ state: (at: Timestamp, status: String, version: Int64?)?) -> Check {
    let turn =
      switch state?.status {
      case "paused": "a chain that is not paused: it was since \(state?.at.brief ?? "")"
      case "archived": "a chain that is not archived: it was since \(state?.at.brief ?? "")"
      default: "a published chain: it was not yet"
      }
    var saw: JSONObject = ["status": .string(state?.status ?? "draft")]
    saw["since"] = state.map { .string($0.at.rfc3339) }
    return Check("", ["status": "live"], holds: state?.status == "live", saw: saw, turn: turn)
  }

  /// Another chain's step needs no trigger for it.
  private func mayBeCalled(_ event: EventFact, _ place: String) -> Check {
    let isAPI = version.chain.triggers[trigger].kind == .api
    return Check(
      place, ["api": true], holds: isAPI || event.properties["by"]?.string != "api",
      saw: ["by": event.properties["by"] ?? .null], turn: "a trigger {\"api\": true}", events: [event.seq])
  }

  /// A call or another chain's step, for a chain that waits for such.
  private var isCall: Bool { version.chain.triggers[trigger].kind == .api && event.type == ChainEvent.requested }

  /// Whether the run was to be this contact's.
  private func leads(
    _ enroll: Enrollment, _ fact: EventFact, _ place: String, _ scene: WhyScene
  ) throws -> Check {
    let (me, name) = (scene.contact, doer?.publicID ?? "somebody who is gone")
    var check = Check(place, version.document.value(at: place) ?? .null, holds: false, events: [event.seq])
    check.saw["by"] = doer.map { .string($0.publicID) } ?? .null
    switch enroll {
    case .from(let reference):
      let value = try doer.flatMap { try scene.value(.from(reference), of: fact, by: $0, at: event.decidedAt) }
      let named = try (value?.string ?? value?.number?.text).flatMap { try People().find($0, scene.db) }
      check.holds = named?.row == me.row
      check.saw[reference.text] = value ?? .null
      let other = named.map { "names \($0.publicID)" } ?? (value == nil ? "names nobody" : "names somebody unknown")
      check.turn = "one whose \(reference.text) names \(me.publicID): this one is by \(name) and \(other)"
    case .relation(let kind):
      let sql = "SELECT at FROM relations WHERE contact = $1 AND kind = $2 AND other = $3"
      let since = try scene.db.first(sql, [.int(doer?.row ?? 0), .text(kind), .int(me.row)]) {
        Timestamp(milliseconds: $0.int(0))
      }
      check.holds = since.map { $0 <= event.decidedAt } ?? false
      check.saw["since"] = since.map { .string($0.rfc3339) } ?? .null
      check.turn = "one by somebody who has \(me.publicID) as his \(kind): \(name) had not"
    }
    return check
  }

  private func fresh(_ rules: Rules) -> Check {
    let age = rules.triggerMaxAge.text
    return Check(
      "", ["trigger_max_age": .string(age)], holds: rules.isFresh(event),
      saw: ["at": .string(event.at.rfc3339), "accepted_at": .string(event.acceptedAt.rfc3339)],
      turn: "an event that is told within \(age) of when it happened: this one was history when it came",
      events: [event.seq])
  }

  private func often(_ key: String, _ scene: WhyScene) throws -> Check {
    let isTooOften = try Entries().isTooOften(
      chain: scene.chain.number, contact: scene.contact.row, key: key, before: event.seq, now: event.decidedAt,
      scene.db)
    let most = Entries.ownEntriesADay
    return Check(
      "", ["entries_a_day": .number(JSONNumber(most))], holds: !isTooOften,
      turn: "fewer than \(most) entries by the server's own events within a day")
  }

  private func reenter(_ key: String, _ scene: WhyScene) throws -> Check {
    let (contact, chain, db) = (scene.contact.row, scene.chain.number, scene.db)
    let (reenter, now) = (version.chain.reenter, event.decidedAt)
    let earlier = try RunStore().earlier(chain: chain, contact: contact, key: key, before: event.seq, at: now, db)
    let inside = earlier.filter(\.isInside)
    let zone = scene.contact.zone ?? scene.rules.shopZone
    let decision = Entries.decide(
      reenter, inside: { inside.map(\.id) }, last: { earlier.first?.enteredAt }, zone: zone, now: now)
    var saw = JSONObject()
    saw["inside"] = inside.first.map { .string(String($0.id)) } ?? .null
    saw["last_entry"] = earlier.first.map { .string($0.enteredAt.rfc3339) } ?? .null
    var holds = true
    if case .refused = decision { holds = false }
    return Check(
      "/reenter", .string(reenter.text), holds: holds, saw: saw,
      turn: turn(reenter, inside.first, earlier.first, zone))
  }

  private func turn(_ reenter: Reenter, _ inside: RunStore.Earlier?, _ last: RunStore.Earlier?, _ zone: Zone) -> String
  {
    let isIn = inside.map { "the end of run \($0.id), in which he was since \($0.enteredAt.brief)" }
    switch reenter {
    case .never: return "nothing: he entered at \(last?.enteredAt.brief ?? "") and `reenter` is never"
    case .always, .restart: return ""
    case .afterExit: return isIn ?? ""
    case .after(let span):
      return isIn ?? "an event from \(last.map { span.after($0.enteredAt, in: zone).brief } ?? "") on"
    }
  }

  /// Everything held, and there is no run.
  private func unknown(_ scene: WhyScene) throws -> Check {
    let cursor = try Engine.readCursor(scene.db)
    let turn =
      cursor < event.seq
      ? "the server coming to the event: it has acted on events up to \(cursor)"
      : "nothing that is on record: what he was then has changed since, or the run has been deleted by retention"
    return Check("", ["run": "begun"], holds: false, saw: ["acted": .number(JSONNumber(cursor))], turn: turn)
  }

  /// One sentence; empty where it began a run.
  func because(_ scene: WhyScene) -> String {
    guard let failed, !isEntry else { return "" }
    let rule =
      switch failed.pointer {
      case "": "it needs"
      case "/reenter": "`reenter` asks for"
      case "/only_if": "`only_if` asks for"
      case let pointer where pointer.hasSuffix("/enroll"): "`enroll` asks for"
      default: "`where` asks for"
      }
    return "\(scene.phrase(event)) began no run: \(rule) \(failed.turn)"
  }

  func json(_ scene: WhyScene) throws -> JSONValue {
    [
      "event": .string(try scene.name(event.seq)), "type": .string(event.type),
      "contact": doer.map { .string($0.publicID) } ?? .null, "at": .string(event.at.rfc3339),
      "accepted_at": .string(event.acceptedAt.rfc3339), "version": .number(JSONNumber(version.number)),
      "trigger": .string(version.pointer(ofTrigger: trigger)),
      "outcome": .string(isEntry ? "entered" : "refused"), "run": run.map { .string(String($0)) } ?? .null,
      "because": .string(isEntry ? "every check held" : because(scene)), "checks": try scene.json(checks),
    ]
  }
}

extension Reenter {
  /// As the language writes it.
  var text: String {
    switch self {
    case .never: "never"
    case .always: "always"
    case .afterExit: "after_exit"
    case .restart: "restart"
    case .after(let span): "after " + span.text
    }
  }
}
