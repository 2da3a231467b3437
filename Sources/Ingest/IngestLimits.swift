/// What intake takes at most. Every figure is a configuration key.
public struct IngestLimits: Sendable {
  /// Bytes of one event's text.
  public var eventBytes = 65_536
  /// Events of one call.
  public var eventsPerCall = 10_000
  /// Objects and arrays within one another.
  public var jsonDepth = 64
  /// How far ahead of the server's clock an event may say it happened; it is then taken as now. Milliseconds.
  public var aheadMilliseconds: Int64 = 300_000
  /// How long an event's `id` is remembered. Milliseconds.
  public var windowMilliseconds: Int64 = 7 * 86_400_000
  /// Events whose ids are written as one block of fingerprints, 4 bytes each.
  public var idsPerBlock = 65_536
  /// Different event types in one file.
  public var types = 10_000
  /// What may wait for a commit; beyond it calls are answered with `StoreUnavailable`.
  public var queuedEvents = 100_000
  public var queuedBytes = 64 << 20
  /// Events of one commit, so that none is far away. A call's own events are never torn apart.
  public var eventsPerRound = 10_000

  public init() {}
}
