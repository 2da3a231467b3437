/// What tracking needs to know of a message.
public struct TrackedMessage: Sendable {
  /// Rows; never negative.
  public var message: Int64
  public var contact: Int64
  public var channel: String
  public var chain: String
  public var step: String
  public var template: String
  /// False for a contact who wants no tracking: no pixel.
  public var tracksOpens: Bool
  /// False leaves links as they are, but for the `utm` parameters.
  public var tracksClicks: Bool

  public init(
    message: Int64, contact: Int64, channel: String, chain: String, step: String, template: String,
    tracksOpens: Bool = true, tracksClicks: Bool = true
  ) {
    (self.message, self.contact, self.channel) = (message, contact, channel)
    (self.chain, self.step, self.template) = (chain, step, template)
    (self.tracksOpens, self.tracksClicks) = (tracksOpens, tracksClicks)
  }
}
