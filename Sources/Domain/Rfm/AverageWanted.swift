/// Which average a condition asks for: of the gaps between such events, among a segment's members.
public struct AverageWanted: Sendable, Hashable {
  public let segment: String
  public let type: String
  public let match: Match?

  public init(segment: String, type: String, match: Match?) {
    (self.segment, self.type, self.match) = (segment, type, match)
  }

  /// The events' `where` as text, empty without one.
  public var condition: String { match?.text ?? "" }
}

extension Condition {
  public var averagesWanted: Set<AverageWanted> {
    var found: Set<AverageWanted> = []
    forEach { condition in
      guard case .silence(let silence) = condition, case .members(let segment)? = silence.longerThan?.whose else {
        return
      }
      found.insert(AverageWanted(segment: segment, type: silence.type, match: silence.match))
    }
    return found
  }
}

extension Chain {
  public var averagesWanted: Set<AverageWanted> {
    conditions.reduce(into: []) { $0.formUnion($1.averagesWanted) }
  }
}
