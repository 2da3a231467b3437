public import Domain

/// Hands letters to a mail server over SMTP. Not idempotent: a server that has said nothing after the letter's final dot
/// may have taken it.
public struct SMTPAdapter: ChannelAdapter {
  let settings: SMTPSettings
  private let now: @Sendable () -> Int64

  /// `now`: milliseconds since 1970, for the Date header.
  init(_ settings: SMTPSettings, now: @escaping @Sendable () -> Int64) {
    (self.settings, self.now) = (settings, now)
  }

  public var connections: Int { settings.connections }
  public var isIdempotent: Bool { false }
  public var opensTask: Bool { false }

  public func connect() -> any ChannelConnection { SMTPConnection(settings, now: now) }
}
