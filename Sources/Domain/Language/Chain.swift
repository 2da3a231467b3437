/// A chain as the engine runs it: one parsed version, its steps laid out as a program. See the chain language's page.
public struct Chain: Sendable {
  public var name: String?
  public var note: String?
  public var purpose: Purpose
  public var triggers: [Trigger]
  public var onlyIf: Condition?
  /// The trigger's property that keys one run.
  public var per: PropertyPath?
  public var reenter: Reenter
  /// The run ends as soon as one holds.
  public var stopWhen: [Condition]
  public var goal: Goal?
  /// Who of those that enter gets transactional messages and nothing else: so many in ten thousand.
  public var holdout: Int
  /// Who gets the slot when a frequency cap leaves one: 0 ... 100, the higher first.
  public var priority: Int
  public var late: Late?
  public var hours: ClockSpan?
  /// Every step, in the order of the document, branches before what follows them; after `end` those of `at_end`.
  public var program: [Step]
  /// The index that ends a run: where the steps of `at_end` begin.
  public var end: Int
  /// The event types that can move or end a run already inside.
  public private(set) var wakingTypes: Set<String> = []
  /// The steps whose end some `since` counts from.
  public private(set) var markedSteps: Set<Int> = []
}

/// Who may come in again, per contact and key.
public enum Reenter: Sendable, Hashable {
  case never
  case always
  case afterExit
  case restart
  case after(Span)
}

/// What a conversion is: the first such event within a time from entry.
public struct Goal: Sendable, Hashable {
  public var did: String
  public var match: Match?
  public var within: Span
  /// The event's property that is the money made.
  public var value: PropertyPath?
}

/// What becomes of a step found overdue.
public enum Late: Sendable, Hashable {
  case send
  case skip
  case skipAfter(Span)

  public static func byDefault(for purpose: Purpose) -> Late {
    switch purpose {
    case .marketing: .skipAfter(Span(days: 1))
    case .transactional: .send
    }
  }
}

extension Chain {
  public static let defaultPriority = 50

  /// The segments that it names.
  public var segments: Set<String> {
    triggers.reduce(into: conditions.reduce(into: Set<String>()) { $0.formUnion($1.segments) }) { names, trigger in
      if case .segment(let segment) = trigger.kind { names.insert(segment.id) }
    }
  }

  /// The shop's event types that can start a run.
  public var startingTypes: Set<String> { Set(triggers.compactMap(\.event)) }

  /// The same with what is looked up often worked out.
  func indexed() -> Chain {
    var chain = self
    chain.wakingTypes = wakers
    chain.markedSteps = marked
    return chain
  }

  private var wakers: Set<String> {
    var types = stopWhen.reduce(into: Set<String>()) { $0.formUnion($1.eventTypes) }
    for step in program {
      switch step.kind {
      case .wait(let wait): types.formUnion(wait.resetOn)
      case .waitFor(let wait): types.formUnion(wait.condition.eventTypes)
      case .waitUntil, .send, .branch, .choose, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit: break
      }
    }
    return types
  }

  private var marked: Set<Int> {
    var steps: Set<Int> = []
    for condition in conditions {
      condition.forEach { part in
        if case .did(let did) = part, case .sinceStep(let step) = did.window { steps.insert(step) }
      }
    }
    for case .wait(let wait) in program.map(\.kind) {
      if case .step(let step) = wait.since { steps.insert(step) }
    }
    return steps
  }

  /// Every condition of the chain.
  var conditions: [Condition] {
    triggers.compactMap(\.condition) + [onlyIf].compactMap { $0 } + stopWhen + program.flatMap(\.conditions)
  }
}
