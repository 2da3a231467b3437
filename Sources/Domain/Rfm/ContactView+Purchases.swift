extension ContactView {
  /// The newest purchases, the newest first: what shares and preferences are taken of.
  /// - Parameter limit: a robot's ten thousand orders must not hold up the others.
  public func purchases(until now: Timestamp, limit: Int = 1_000) throws -> [EventFact] {
    var found: [EventFact] = []
    try events(of: rfmRule.event, since: Timestamp(milliseconds: .min), until: now) {
      found.append($0)
      return found.count < limit
    }
    return found
  }
}
