public import JSON

/// Which way one event more can move a condition's answer, now and at every later moment. Who is described already need
/// not be asked again for an event that can only describe him more.
public enum Push: Sendable, Hashable {
  /// Nothing that is known here.
  case none
  /// From false to true at most.
  case up
  /// From true to false at most.
  case down
  case either

  func joined(_ other: Push) -> Push {
    if self == .none || self == other { return other }
    return other == .none ? self : .either
  }

  var flipped: Push {
    switch self {
    case .up: .down
    case .down: .up
    case .none, .either: self
    }
  }

  /// Whether an answer stays what it is, and so does the earliest moment at which time alone may change it.
  public func leaves(_ holds: Bool) -> Bool {
    switch self {
    case .up: holds
    case .down: !holds
    case .none, .either: false
    }
  }
}

extension Condition {
  /// What an event of the type, with these properties, can do to the answer. It must have happened after the contact was
  /// first seen. Members of other segments are taken as they are.
  public func push(of type: String, _ properties: JSONValue) -> Push {
    switch self {
    case .all(let inner), .any(let inner): inner.reduce(.none) { $0.joined($1.push(of: type, properties)) }
    case .not(let inner): inner.push(of: type, properties).flipped
    case .did(let did): did.push(of: type, properties)
    case .silence(let silence): silence.push(of: type)
    // What a purchase is the shop says.
    case .rfm, .buysAtDiscount, .prefers: .either
    default: eventTypes.contains(type) ? .either : .none
    }
  }
}

extension Did {
  fileprivate func push(of type: String, _ properties: JSONValue) -> Push {
    guard Condition.did(self).eventTypes.contains(type) else { return .none }
    guard type == self.type, isConstant, same.isEmpty, onlyGrows(by: properties) else { return .either }
    switch window {
    case .ever, .within: return negated ? .down : .up
    case .sinceEntry, .sinceStep, .sinceOwnStart: return .either
    }
  }

  /// More events, or these, never make too little of what was enough.
  private func onlyGrows(by properties: JSONValue) -> Bool {
    switch measure {
    case .times, .distinct, .maximum: break
    // What is given back is less than nothing.
    case .sum(let path):
      if path.anyValue(in: properties, { $0.numeric.map { $0 < JSONNumber(0) } ?? false }) { return false }
    case .average, .minimum: return false
    }
    return asksForEnough
  }
}

extension Silence {
  fileprivate func push(of type: String) -> Push {
    guard Condition.silence(self).eventTypes.contains(type) else { return .none }
    // Each gap more is another average.
    if case .own? = longerThan?.whose { return .either }
    return type == self.type && match?.isConstant ?? true ? .down : .either
  }
}
