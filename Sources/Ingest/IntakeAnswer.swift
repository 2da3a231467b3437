public import Domain

/// What became of a call's events; given only once they are on disk.
public struct IntakeAnswer: Sendable {
  public struct Rejected: Sendable {
    /// The event's place in the call, from 0; empty lines do not count.
    public let index: Int
    public let issues: [Issue]
  }

  /// Stored by this call.
  public var accepted = 0
  /// Stored before, by this call or an earlier one.
  public var duplicates = 0
  /// In the order of the call.
  public var rejected: [Rejected] = []

  /// Not one event of the call was good. To clients: 400.
  public var isRefusal: Bool { accepted == 0 && duplicates == 0 }
}
