public import JSON

/// The one condition language: of triggers, branches, waits, exits, segments and template flags.
public indirect enum Condition: Sendable, Hashable {
  case all([Condition])
  case any([Condition])
  case not(Condition)
  case contact(Match)
  case trigger(Match)
  case latest(type: String, Match)
  case did(Did)
  case message(MessageFact, of: MessageChoice)
  case consent(channel: String)
  case reachable(channel: String)
  case weekday([DayRule])
  case localTime(ClockSpan)
  /// On a static list.
  case list(String)
  /// Inside another chain.
  case inChain(String)
  /// Stands in such a relation to somebody.
  case relation(String)
  /// A member of the segment of that id.
  case segment(String)
  case silence(Silence)
  /// How lately, how often and for how much he buys: all of these scores.
  case rfm([RfmTest])
  /// The share of his purchases at a discount, 0 through 1.
  case buysAtDiscount([NumberTest])
  /// The category and the brand that he buys most.
  case prefers(Match)
  /// About the one whose event is the trigger, where the run is another's.
  case ofTrigger(Condition)
  /// An `escalate` still has the money for a channel.
  case affordable(Budget)
  /// The message of a `send` (its index) is over and was not handed over.
  case neverLeft(Int)
}

/// What an `escalate` may cost one contact, asked before each of its messages.
public struct Budget: Sendable, Hashable {
  public enum Limit: Sendable, Hashable {
    case amount(JSONNumber)
    /// So many per cent of a value.
    case percent(Double, of: Reference)
  }

  public var limit: Limit
  /// Whose price is asked about.
  public var channel: String
  /// The sends before it, by index, with their channels.
  public var earlier: [Spent]

  public struct Spent: Sendable, Hashable {
    public var step: Int
    public var channel: String
  }
}

/// `did` and `did_not`: how often events of a type happened in a window, or what their properties add up to.
public struct Did: Sendable, Hashable {
  public var type: String
  public var negated: Bool
  public var match: Match?
  /// Pairs of paths, into the event and into the trigger, whose values must be equal.
  public var same: [Same]
  public var measure: Measure
  public var tests: [NumberTest]
  public var window: Window

  public struct Same: Sendable, Hashable {
    public var path: PropertyPath
    public var triggerPath: PropertyPath
  }

  public enum Measure: Sendable, Hashable {
    case times
    case distinct(PropertyPath)
    case sum(PropertyPath)
    case average(PropertyPath)
    case minimum(PropertyPath)
    case maximum(PropertyPath)
  }

  public enum Window: Sendable, Hashable {
    case ever
    case within(Span)
    case sinceEntry
    /// Index of a step in the program.
    case sinceStep(Int)
    /// Since the step at which the run stands began.
    case sinceOwnStart
  }
}

extension Did {
  /// Time alone takes events out of the window, so a number of them that is too small stays so.
  var onlyFallsWithTime: Bool {
    switch measure {
    case .times, .distinct: break
    case .sum, .average, .minimum, .maximum: return false
    }
    return asksForEnough
  }

  /// For at least so many, or so much, and never for too much.
  var asksForEnough: Bool {
    tests.allSatisfy { test in
      guard case .value = test.operand else { return false }
      return test.comparison == .greaterOrEqual || test.comparison == .greater
    }
  }
}

/// `{">=": 3}`
public struct NumberTest: Sendable, Hashable {
  public enum Operand: Sendable, Hashable {
    case value(ValueExpression)
    /// `"90% of own year"`: of the same measure over the contact's last year.
    case percentOfOwnYear(Double)
  }

  public var comparison: Comparison
  public var operand: Operand

  static let atLeastOnce = [NumberTest(comparison: .greaterOrEqual, operand: .value(.literal(1)))]
}

/// `{"recency": {">=": 4}}`
public struct RfmTest: Sendable, Hashable {
  public enum Measure: String, Sendable, Hashable, CaseIterable {
    case recency, frequency, monetary
  }

  public var measure: Measure
  public var comparison: Comparison
  /// 1 through 5.
  public var score: Int
}

extension RfmCell {
  func score(_ measure: RfmTest.Measure) -> Int {
    switch measure {
    case .recency: recency
    case .frequency: frequency
    case .monetary: monetary
    }
  }
}

/// What became of a message of this run.
public enum MessageFact: String, Sendable, Hashable, CaseIterable {
  case opened, unopened, clicked, delivered, bounced, answered
}

public enum MessageChoice: Sendable, Hashable {
  case last
  case any
  /// Index of a `send` in the program.
  case step(Int)
}

extension Condition {
  /// The event types whose arrival can change the answer.
  public var eventTypes: Set<String> {
    switch self {
    case .all(let conditions), .any(let conditions):
      conditions.reduce(into: []) { $0.formUnion($1.eventTypes) }
    case .not(let condition): condition.eventTypes
    case .contact(let match): match.eventTypes.union([ContactChange.type])
    case .consent, .reachable, .list, .relation: [ContactChange.type]
    case .inChain: ["chain.entered", "chain.ended"]
    case .segment: [SegmentEvent.entered, SegmentEvent.left]
    case .rfm: [RfmRule.moved]
    case .buysAtDiscount: [RfmRule.standard.event]
    case .prefers(let match): match.eventTypes.union([RfmRule.standard.event])
    case .silence(let silence): (silence.match?.eventTypes ?? []).union([silence.type])
    case .trigger(let match): match.eventTypes
    // What another contact does wakes nobody.
    case .weekday, .localTime, .ofTrigger, .affordable: []
    case .neverLeft: ["message.skipped", "message.failed"]
    case .latest(let type, let match): match.eventTypes.union([type])
    case .did(let did): did.eventTypes
    case .message(let fact, _): fact.eventTypes
    }
  }
}

extension Did {
  fileprivate var eventTypes: Set<String> {
    let operands = tests.reduce(into: Set<String>()) { types, test in
      if case .value(let expression) = test.operand { types.formUnion(expression.eventTypes) }
    }
    return operands.union(match?.eventTypes ?? []).union([type])
  }
}

extension Match {
  /// Of what is compared with.
  fileprivate var eventTypes: Set<String> {
    fields.flatMap(\.tests).reduce(into: []) { types, test in
      switch test {
      case .compare(_, let expression), .contains(let expression), .startsWith(let expression):
        types.formUnion(expression.eventTypes)
      case .oneOf(let expressions), .noneOf(let expressions):
        for expression in expressions { types.formUnion(expression.eventTypes) }
      case .exists: break
      case .any(let match): types.formUnion(match.eventTypes)
      }
    }
  }
}

extension ValueExpression {
  /// Whose arrival can change the value.
  fileprivate var eventTypes: Set<String> {
    switch self {
    case .literal, .from(.trigger), .from(.data), .from(.flag): []
    case .from(.contact): [ContactChange.type]
    case .from(.latest(let type, _)): [type]
    }
  }
}

extension Condition {
  /// Visits the condition and all inside it.
  public func forEach(_ visit: (Condition) -> Void) {
    visit(self)
    switch self {
    case .all(let inner), .any(let inner): for condition in inner { condition.forEach(visit) }
    case .not(let inner), .ofTrigger(let inner): inner.forEach(visit)
    case .contact, .trigger, .latest, .did, .message, .consent, .reachable, .weekday, .localTime, .list, .inChain,
      .relation, .segment, .silence, .rfm, .buysAtDiscount, .prefers, .affordable, .neverLeft:
      break
    }
  }
}

extension MessageFact {
  var eventTypes: Set<String> {
    switch self {
    case .opened: ["message.opened", "message.clicked"]
    case .unopened: ["message.sent", "message.opened", "message.clicked"]
    case .clicked: ["message.clicked"]
    case .delivered: ["message.delivered"]
    case .bounced: ["message.bounced"]
    case .answered: ["call.answered", "message.answered"]
    }
  }
}
