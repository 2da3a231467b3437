import JSON

extension Evaluator {
  /// Counts or adds up the events of the window. `until` is when the first of those that counted leaves it.
  func evaluate(_ did: Did) throws -> Truth {
    guard let found = try tally(did, in: did.window, enough: atLeastCount(did), witness) else {
      return Truth(did.negated)
    }
    let tally = found.tally
    var firstToLeave = found.firstToLeave
    let holds = try did.tests.allSatisfy { test in
      guard let value = tally.value else { return false }
      switch test.operand {
      case .value(let expression):
        guard case .number(let operand)? = try self.value(expression) else { return false }
        witness?.measured(value, against: operand)
        return test.comparison.holds(value, operand)
      case .percentOfOwnYear(let percent):
        // The same measure over his last year.
        guard let year = try self.tally(did, in: .within(Span(months: 12))) else { return false }
        firstToLeave = Truth.earlier(firstToLeave, year.firstToLeave)
        guard let whole = year.tally.value else { return false }
        witness?.measured(value, against: JSONNumber(whole.double * percent / 100))
        return test.comparison.holds(value.double, whole.double * percent / 100)
      }
    }
    if !holds, did.onlyFallsWithTime { firstToLeave = nil }
    return Truth(holds != did.negated, until: firstToLeave)
  }

  /// What the events of a window come to, and when the first of those that counted leaves it; nil where none can be in it.
  /// - Parameter enough: after how many nothing more is asked.
  private func tally(
    _ did: Did, in window: Did.Window, enough: Int? = nil, _ witness: Witness? = nil
  ) throws -> (tally: Tally, firstToLeave: Timestamp?)? {
    guard let lower = lowerBound(window) else { return nil }
    var tally = Tally(did.measure)
    var firstToLeave: Timestamp?
    try view.events(of: did.type, since: lower.earliest, until: now) { event in
      guard lower.after.map({ event.moment > $0 }) ?? true else { return event.at >= lower.earliest }
      let leaves = span(window).map { $0.after(event.at, in: view.zone) }
      if let leaves, leaves <= now { return true }
      guard try counts(event, did) else {
        witness?.misses(event)
        return true
      }
      witness?.counts(event)
      tally.add(event.properties)
      if let leaves { firstToLeave = Truth.earlier(firstToLeave, leaves) }
      return enough.map { tally.count < $0 } ?? true
    }
    return (tally, firstToLeave)
  }

  private func counts(_ event: EventFact, _ did: Did) throws -> Bool {
    for same in did.same {
      guard let wanted = same.triggerPath.value(in: run.trigger.properties) else { return false }
      guard same.path.anyValue(in: event.properties, { Comparison.equal.holds($0, wanted) }) else { return false }
    }
    return try did.match?.holds(for: event.properties, resolve: value) ?? true
  }

  /// After how many events the answer to a plain "at least n times" is known.
  private func atLeastCount(_ did: Did) throws -> Int? {
    guard did.measure == .times, did.tests.count == 1, let test = did.tests.first, test.comparison == .greaterOrEqual,
      case .value(let expression) = test.operand, case .number(let operand)? = try value(expression),
      let count = operand.int
    else { return nil }
    return Int(clamping: max(1, count))
  }

  private func span(_ window: Did.Window) -> Span? {
    if case .within(let span) = window { return span }
    return nil
  }

  /// From when on events may count, and after which moment of the log strictly; nil when none can.
  private func lowerBound(_ window: Did.Window) -> (earliest: Timestamp, after: LogMoment?)? {
    switch window {
    case .ever: (Timestamp(milliseconds: 0), nil)
    case .within(let span):
      // Two days more than the span: calendars bend, and each event is looked at exactly.
      (now + -(span.approximateMilliseconds + 2 * LocalTime.millisecondsPerDay), nil)
    case .sinceEntry: (run.entry.at, run.entry)
    case .sinceOwnStart: (run.stepStart.at, run.stepStart)
    case .sinceStep(let step): run.marks[step].map { ($0.at, $0) }
    }
  }
}

/// Adds up what `times`, `distinct`, `sum`, `avg`, `min` and `max` ask for.
private struct Tally {
  private let measure: Did.Measure
  private(set) var count = 0
  private var sum = JSONNumber(0)
  /// How many numbers were added up.
  private var addends = 0
  private var lowest: JSONNumber?
  private var highest: JSONNumber?
  private var distinct: Set<JSONValue> = []

  init(_ measure: Did.Measure) { self.measure = measure }

  mutating func add(_ properties: JSONValue) {
    count += 1
    switch measure {
    case .times: break
    case .distinct(let path): if let value = path.value(in: properties) { distinct.insert(value) }
    case .sum(let path), .average(let path), .minimum(let path), .maximum(let path):
      _ = path.anyValue(in: properties) { value in
        guard let number = value.numeric else { return false }
        sum = sum + number
        addends += 1
        lowest = min(lowest ?? number, number)
        highest = max(highest ?? number, number)
        return false
      }
    }
  }

  /// Nil when there is nothing to compare: no average, least or greatest of none.
  var value: JSONNumber? {
    switch measure {
    case .times: JSONNumber(count)
    case .distinct: JSONNumber(distinct.count)
    case .sum: sum
    case .average: addends == 0 ? nil : JSONNumber(text: String(sum.double / Double(addends)))
    case .minimum: lowest
    case .maximum: highest
    }
  }
}
