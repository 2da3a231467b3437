/// What intake tells about itself since the start; `queued…` is now.
public struct IntakeMetrics: Sendable {
  public var accepted = 0
  public var duplicates = 0
  public var rejected = 0
  /// Calls turned away because too much was waiting or the store took no writes.
  public var unavailable = 0
  public var queuedEvents = 0
  public var queuedBytes = 0

  public init() {}
}
