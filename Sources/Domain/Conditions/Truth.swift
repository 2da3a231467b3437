/// A condition's answer, and the earliest moment at which time alone could change it.
public struct Truth: Sendable, Hashable {
  public var holds: Bool
  public var until: Timestamp?

  public init(_ holds: Bool, until: Timestamp? = nil) { (self.holds, self.until) = (holds, until) }

  /// The earlier of two moments, of which nil is never.
  static func earlier(_ a: Timestamp?, _ b: Timestamp?) -> Timestamp? {
    guard let a, let b else { return a ?? b }
    return min(a, b)
  }
}
