import Domain
import Rehearsal

extension Rules {
  /// What the engine and the gate must know of a configuration.
  init(_ configuration: Configuration) {
    self.init(
      channels: Dictionary(configuration.channels.map { ($0.name, $0.policy) }) { first, _ in first },
      shopZone: configuration.shop.timeZone, triggerMaxAge: configuration.triggerMaxAge,
      retention: configuration.retention, caps: configuration.caps, quietAfter: configuration.quietAfter,
      rfm: configuration.rfm)
  }
}

extension WorldSetting {
  /// For worlds that live by a configuration: what is secret in it is not asked for.
  init(_ configuration: Configuration) {
    self.init(
      rules: Rules(configuration), taskChannels: Set(configuration.channels.filter(\.policy.opensTask).map(\.name)),
      templateShop: configuration.shop.templates, shop: configuration.shop.json)
  }
}
