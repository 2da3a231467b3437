import Domain
import JSON
import Testing

/// One contact, one chain, a clock moved by hand.
final class Walk {
  let chain: Chain
  let view = ScriptedView()
  var rules = Rules(channels: ["email": ChannelPolicy()], shopZone: .utc)
  var run: Run
  var contact: Int64 = 7
  var effects: [Effect] = []
  private var seq: Int64 = 0
  private var trigger: EventFact

  init(_ text: String) throws {
    let result = ChainParser.parse(try JSONDocument(parsing: Array(text.utf8), limits: JSONLimits(maxDepth: 256)))
    chain = try #require(result.chain, "\(result.errors)")
    trigger = EventFact(seq: 0, at: Timestamp(milliseconds: 0), type: "", properties: .object([:]))
    run = Walk.start(trigger, "", of: 7)
  }

  private static func start(_ trigger: EventFact, _ key: String, of contact: Int64) -> Run {
    Run(
      id: 1, chain: 1, version: 1, contact: contact, key: key, state: .active, step: 0, enteredAt: trigger.at,
      entry: trigger.moment, triggerSeq: trigger.seq, stepStart: trigger.moment, stepDueAt: nil, dueAt: nil, data: [:],
      marks: [:], goalUntil: nil, endedAt: nil, reason: nil)
  }

  func fact(_ type: String, _ at: String, _ properties: JSONValue = .object([:])) throws -> EventFact {
    seq += 1
    return EventFact(seq: seq, at: try moment(at), type: type, properties: properties)
  }

  func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

  func enter(_ type: String, _ at: String, _ properties: JSONValue = .object([:]), lateness: Int64 = 0) throws {
    trigger = try fact(type, at, properties)
    view.past.append(trigger)
    let transition = try StepFunction.enter(
      Walk.start(trigger, chain.per.map { Chain.key($0, of: trigger) } ?? "", of: contact), chain: chain, rules: rules,
      view: view,
      trigger: trigger, now: trigger.at, lateness: lateness)
    (run, effects) = (transition.run, transition.effects)
  }

  func happens(_ type: String, _ at: String, _ properties: JSONValue = .object([:])) throws {
    let event = try fact(type, at, properties)
    view.past.append(event)
    try advance(.event(event), event.at)
    if run.triggerSeq == event.seq { trigger = event }
  }

  /// What a resume does with a run that may have missed the event it stood for.
  func isLookedAt(_ at: String) throws { run.dueAt = try moment(at) }

  func time(_ at: String, lateness: Int64 = 0) throws { try advance(.due, try moment(at), lateness: lateness) }

  func handedOver(_ at: String) throws {
    view.states.append(MessageState(step: run.step, isOver: true, sentAt: try moment(at)))
    try advance(.handedOver(step: run.step), try moment(at))
  }

  /// The message it stands at was not handed over.
  func dropped(_ at: String) throws {
    view.states.append(MessageState(step: run.step, isOver: true))
    try advance(.handedOver(step: run.step), try moment(at))
  }

  /// A person opens the message of a step.
  func opened(_ label: String, _ at: String) throws {
    let index = try #require(chain.program.first { $0.label == label }?.index)
    let place = try #require(view.states.firstIndex { $0.step == index })
    view.states[place].openedAt = try moment(at)
    try happens("message.opened", at)
  }

  private func advance(_ cause: Cause, _ now: Timestamp, lateness: Int64 = 0) throws {
    let transition = try StepFunction.advance(
      run, chain: chain, rules: rules, view: view, trigger: trigger, cause: cause, now: now, position: seq,
      lateness: lateness)
    (run, effects) = (transition.run, transition.effects)
  }

  /// What people call the step it stands at.
  var standing: String { chain.program.indices.contains(run.step) ? chain.program[run.step].label : "end" }

  /// What was counted in the last decision, `step outcome`.
  var counted: [String] {
    effects.compactMap { effect in
      if case .count(let step, let outcome) = effect { return step + " " + outcome }
      return nil
    }
  }

  var planned: [PlannedMessage] {
    effects.compactMap { effect in
      if case .plan(let message) = effect { return message }
      return nil
    }
  }
}
