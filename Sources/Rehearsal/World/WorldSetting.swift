public import Delivery
public import Domain
public import JSON

/// What a world takes over from a server's configuration.
public struct WorldSetting: Sendable {
  public var rules: Rules
  /// Channels whose messages are tasks for operators.
  public var taskChannels: Set<String>
  public var templateShop: TemplateShop
  /// What templates see as `shop`.
  public var shop: JSONValue
  public var limits: WorldLimits

  public init(
    rules: Rules, taskChannels: Set<String> = [],
    templateShop: TemplateShop = TemplateShop(locale: "en", currency: "USD"), shop: JSONValue = .object([:]),
    limits: WorldLimits = WorldLimits()
  ) {
    (self.rules, self.taskChannels, self.templateShop) = (rules, taskChannels, templateShop)
    (self.shop, self.limits) = (shop, limits)
  }
}

/// What a world may take at most: a chain that goes on without end must not take its host along.
public struct WorldLimits: Sendable {
  /// In the world's log, the server's own among them.
  public var events: Int64
  /// Handed over.
  public var messages: Int
  public var rounds: Int
  /// At one moment of the clock.
  public var roundsAMoment: Int

  public init(
    events: Int64 = 200_000, messages: Int = 50_000, rounds: Int = 2_000_000, roundsAMoment: Int = 10_000
  ) {
    (self.events, self.messages, self.rounds, self.roundsAMoment) = (events, messages, rounds, roundsAMoment)
  }
}

/// Why a world could not go on, in one sentence.
public struct WorldError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
