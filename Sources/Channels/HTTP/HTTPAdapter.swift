public import Domain

/// Hands messages to any provider that takes HTTP requests, as configuration describes them.
public struct HTTPAdapter: ChannelAdapter {
  let settings: HTTPSettings
  private let now: @Sendable () -> Int64

  /// `now`: milliseconds since 1970, to read dates in Retry-After.
  init(_ settings: HTTPSettings, now: @escaping @Sendable () -> Int64) {
    (self.settings, self.now) = (settings, now)
  }

  public var connections: Int { settings.connections }
  public var isIdempotent: Bool { settings.isIdempotent }
  public var opensTask: Bool { false }

  public func connect() -> any ChannelConnection { HTTPConnection(settings, now: now) }
}
