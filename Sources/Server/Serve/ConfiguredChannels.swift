import Domain

/// The configured channels: what the gate must know of each, and its way out of the process.
struct ConfiguredChannels {
  private(set) var policies: [String: ChannelPolicy] = [:]
  private(set) var adapters: [String: any ChannelAdapter] = [:]

  /// - Parameter now: for the date of letters.
  init(_ configuration: Configuration, _ environment: [String: String], now: @escaping @Sendable () -> Int64) throws {
    let secrets = Secrets(environment: environment)
    for channel in configuration.channels {
      policies[channel.name] = channel.policy
      adapters[channel.name] = try channel.adapter(secret: { try? secrets.value($0) }, now: now)
    }
  }
}
