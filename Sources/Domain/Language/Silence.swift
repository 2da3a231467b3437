/// `{"silence": "purchase", "longer_than": "1.5x own average", "for": "21d"}`: nothing of the kind for so long. Who never
/// did it counts from the moment he was first known. With both lengths, both must be over.
public struct Silence: Sendable, Hashable {
  public var type: String
  public var match: Match?
  /// `for`
  public var length: Span?
  public var longerThan: Pause?

  /// `"1.5x own average"`, `"1x average of new-buyers"`
  public struct Pause: Sendable, Hashable {
    public enum Whose: Sendable, Hashable {
      case own
      /// Of the members of a segment.
      case members(of: String)
    }

    public var times: Double
    public var whose: Whose

    static let hint = "\"1.5x own average\" or \"1x average of new-buyers\", which is a segment"
    static let most = 1000.0

    public var text: String {
      switch whose {
      case .own: "\(times.phrase)x own average"
      case .members(let segment): "\(times.phrase)x average of \(segment)"
      }
    }

    /// Nil unless `text` is written like one of those.
    public init?(_ text: String) {
      guard let space = text.firstIndex(of: " "), text[..<space].hasSuffix("x") else { return nil }
      let number = text[..<space].dropLast()
      let isPlain = number.utf8.allSatisfy { (48...57).contains($0) || $0 == 46 }
      guard isPlain, let times = Double(number), times > 0, times <= Self.most else { return nil }
      let rest = text[text.index(after: space)...]
      let prefix = "average of "
      if rest == "own average" {
        whose = .own
      } else if rest.hasPrefix(prefix), Segment.isID(String(rest.dropFirst(prefix.count))) {
        whose = .members(of: String(rest.dropFirst(prefix.count)))
      } else {
        return nil
      }
      self.times = times
    }
  }
}
