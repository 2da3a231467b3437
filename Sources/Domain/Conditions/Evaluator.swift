public import JSON

/// Answers conditions about one contact at one moment.
public struct Evaluator {
  let view: any ContactView
  let run: RunScope
  let now: Timestamp

  /// What the decision itself has set on the contact so far.
  private let changed: [(name: String, value: JSONValue)]
  /// The lists that it has put him on or off.
  private let changedLists: [String: Bool]
  /// Segments whose conditions are being asked in the place of their members.
  private var describing: Set<String> = []
  /// Notes what is looked at; nil where only the answer counts.
  var witness: Witness?

  public init(
    view: any ContactView, run: RunScope, now: Timestamp, changed: [(name: String, value: JSONValue)] = [],
    lists: [String: Bool] = [:]
  ) {
    (self.view, self.run, self.now, self.changed, changedLists) = (view, run, now, changed, lists)
  }

  var contact: JSONValue {
    guard !changed.isEmpty, var object = view.contact.object else { return view.contact }
    for (name, value) in changed { object[name] = value }
    return .object(object)
  }

  public func evaluate(_ condition: Condition) throws -> Truth {
    switch condition {
    case .all(let inner): try join(inner, decidedBy: false)
    case .any(let inner): try join(inner, decidedBy: true)
    case .not(let inner): try negated(evaluate(inner))
    case .contact(let match): Truth(try match.holds(for: contact, resolve: value))
    case .trigger(let match): Truth(try match.holds(for: run.trigger.properties, resolve: value))
    case .latest(let type, let match): Truth(try holds(match, forLatest: type))
    case .did(let did): try evaluate(did)
    case .message(let fact, let choice): Truth(try holds(fact, choice))
    case .consent(let channel): Truth(try view.consents(to: channel))
    case .reachable(let channel): Truth(try view.isReachable(over: channel))
    case .weekday(let rules): weekday(rules)
    case .localTime(let span): localTime(span)
    case .list(let list): Truth(try changedLists[list] ?? view.isMember(of: list))
    case .inChain(let chain): Truth(try view.isInside(chain))
    case .relation(let kind): Truth(try view.hasRelation(kind))
    case .segment(let id): try evaluate(membershipIn: id)
    case .silence(let silence): try evaluate(silence)
    case .rfm(let tests): try evaluate(tests)
    case .buysAtDiscount(let tests): try evaluate(shareAtDiscount: tests)
    case .prefers(let match): Truth(try match.holds(for: preference(), resolve: value))
    // Of one who is gone nothing is true.
    case .ofTrigger(let inner): try aboutActor()?.evaluate(inner) ?? Truth(false)
    case .affordable(let budget): Truth(try isAffordable(budget))
    case .neverLeft(let step):
      Truth(try view.messages().contains { $0.step == step && $0.isOver && $0.sentAt == nil })
    }
  }

  private func evaluate(membershipIn segment: String) throws -> Truth {
    switch try view.membership(in: segment) {
    case .known(let isMember): return Truth(isMember)
    case .described(let condition):
      // One that asks for itself, through others, could never be known.
      if describing.contains(segment) { return Truth(false) }
      var inner = self
      inner.describing.insert(segment)
      return try inner.evaluate(condition)
    }
  }

  /// Every part is asked, so that `until` is the earliest of all that could turn the answer.
  private func join(_ conditions: [Condition], decidedBy deciding: Bool) throws -> Truth {
    var deciders: [Truth] = []
    var others: [Truth] = []
    for condition in conditions {
      let truth = try evaluate(condition)
      if truth.holds == deciding { deciders.append(truth) } else { others.append(truth) }
    }
    // Decided: it lasts until the last decider may change. Undecided: until any part may.
    guard deciders.isEmpty else {
      let untils = deciders.map(\.until)
      return Truth(deciding, until: untils.contains(nil) ? nil : untils.compactMap { $0 }.max())
    }
    return Truth(!deciding, until: others.compactMap(\.until).min())
  }

  private func negated(_ truth: Truth) -> Truth { Truth(!truth.holds, until: truth.until) }

  /// What `{"from": …}` stands for; nil when there is nothing.
  public func value(_ expression: ValueExpression) throws -> JSONValue? {
    switch expression {
    case .literal(let value): value
    case .from(.contact(let path)): path.value(in: contact)
    case .from(.trigger(let path)): run.trigger.value(at: path)
    case .from(.latest(let type, let path)): try latest(type).flatMap { path.value(in: $0) }
    case .from(.data(let path)): path.value(in: .object(run.data))
    case .from(.flag(let name)): run.flags[name]
    }
  }

  /// The properties of the contact's latest event of `type`.
  public func latest(_ type: String) throws -> JSONValue? { try latestEvent(type)?.properties }

  private func latestEvent(_ type: String) throws -> EventFact? {
    var found: EventFact?
    try view.events(of: type, since: Timestamp(milliseconds: 0), until: now) {
      found = $0
      return false
    }
    return found
  }

  private func holds(_ match: Match, forLatest type: String) throws -> Bool {
    guard let event = try latestEvent(type) else { return false }
    let holds = try match.holds(for: event.properties, resolve: value)
    if holds { witness?.counts(event) } else { witness?.misses(event) }
    return holds
  }

  private func weekday(_ rules: [DayRule]) -> Truth {
    let today = view.zone.local(now).date
    let tomorrow = view.zone.moment(of: LocalTime(date: today.adding(days: 1), millisecondOfDay: 0))
    return Truth(rules.contains { $0.fits(today) }, until: tomorrow)
  }

  private func localTime(_ span: ClockSpan) -> Truth {
    let inside = span.contains(minuteOfDay: view.zone.local(now).minuteOfDay)
    let turning = inside ? (min(span.to, ClockSpan.minutesPerDay - 1) + 1) % ClockSpan.minutesPerDay : span.from
    let day = LocalTime.millisecondsPerDay
    var left = Int64(turning) * 60_000 - view.zone.local(now).millisecondOfDay
    if left <= 0 { left += day }
    // By the clock as it runs now; when it is changed, it is asked again.
    let turn = now + left
    return Truth(inside, until: view.zone.change(after: now, before: turn) ?? turn)
  }

  /// Nil when he is gone.
  func aboutActor() throws -> Evaluator? {
    switch try view.actor() {
    case .himself: self
    case .other(let actor): Evaluator(view: actor, run: run, now: now)
    case .gone: nil
    }
  }

  private func isAffordable(_ budget: Budget) throws -> Bool {
    let limit: Double =
      switch budget.limit {
      case .amount(let amount): amount.double
      // Five per cent of nothing pays for nothing.
      case .percent(let percent, let reference):
        try value(.from(reference))?.numeric.map { $0.double * percent / 100 } ?? 0
      }
    let messages = try view.messages()
    let left = budget.earlier.filter { earlier in
      messages.contains { $0.step == earlier.step && $0.sentAt != nil }
    }
    let cost = (left.map(\.channel) + [budget.channel]).compactMap { view.price(of: $0)?.double }.reduce(0, +)
    witness?.weighed(cost, against: limit)
    // A hundredth of a kopeck: sums of decimals are not exact in binary.
    return cost <= limit + 0.0001
  }

  private func holds(_ fact: MessageFact, _ choice: MessageChoice) throws -> Bool {
    let messages = try view.messages()
    // Who is held out walks as one who reacts to nothing: what he was not sent he did not open.
    if run.isHeldOut, fact == .unopened {
      switch choice {
      case .step(let step): if !messages.contains(where: { $0.step == step }) { return true }
      case .last, .any: if !messages.contains(where: { $0.sentAt != nil }) { return true }
      }
    }
    let chosen: [MessageState] =
      switch choice {
      case .any: messages
      case .last: messages.filter { $0.sentAt != nil }.suffix(1)
      case .step(let step): messages.filter { $0.step == step }
      }
    witness?.chose(chosen)
    return chosen.contains { holds(fact, $0) }
  }

  private func holds(_ fact: MessageFact, _ message: MessageState) -> Bool {
    func past(_ moment: Timestamp?) -> Bool { moment.map { $0 <= now } ?? false }
    return switch fact {
    case .opened: past(message.openedAt) || past(message.clickedAt)
    case .unopened:
      past(message.sentAt)
        && !(past(message.openedAt) || past(message.machineOpenedAt) || past(message.clickedAt))
    case .clicked: past(message.clickedAt)
    case .delivered: past(message.deliveredAt)
    case .bounced: past(message.bouncedAt)
    case .answered: past(message.answeredAt)
    }
  }
}

extension JSONValue {
  /// A number, or a text that is one, since money may be either.
  var numeric: JSONNumber? { number ?? string.flatMap { JSONNumber(text: $0) } }
}

/// What conditions may know of the run they are asked for; outside a run, of the event that would start one.
public struct RunScope: Sendable {
  public var trigger: EventFact
  /// The event that entered the run; events strictly after it are "since entry".
  public var entry: LogMoment
  /// When the step at which the run stands began.
  public var stepStart: LogMoment
  public var marks: [Int: LogMoment]
  public var data: JSONObject
  public var isHeldOut: Bool
  /// The flags of the send whose values are made.
  public var flags: JSONObject = [:]

  public init(
    trigger: EventFact, entry: LogMoment, stepStart: LogMoment, marks: [Int: LogMoment], data: JSONObject,
    isHeldOut: Bool = false
  ) {
    (self.trigger, self.entry, self.stepStart) = (trigger, entry, stepStart)
    (self.marks, self.data, self.isHeldOut) = (marks, data, isHeldOut)
  }

  /// Of a run that is inside.
  public init(_ run: Run, trigger: EventFact) {
    self.init(
      trigger: trigger, entry: run.entry, stepStart: run.stepStart, marks: run.marks, data: run.data,
      isHeldOut: run.isHeldOut)
  }

  /// Where there is none at all.
  public static func none(at now: Timestamp) -> RunScope {
    RunScope(entering: EventFact(seq: 0, at: now, type: "", properties: .object([:])))
  }

  /// Before there is a run.
  public init(entering trigger: EventFact) {
    self.init(trigger: trigger, entry: trigger.moment, stepStart: trigger.moment, marks: [:], data: [:])
  }
}
