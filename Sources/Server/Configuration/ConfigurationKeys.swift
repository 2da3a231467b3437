import JSON

/// The keys of a configuration and how the environment names them. `config/README.md` tells each with unit and default.
enum ConfigurationKeys {
  /// `note` is for people.
  static let top = [
    "note", "listen", "public_url", "shop", "durability", "trigger_max_age", "utm", "scanners", "limits", "log",
    "channels", "retention", "caps", "quiet_after", "webhooks", "erasures", "rfm", "cors", "trusted_proxies",
  ]
  static let shop = ["name", "time_zone", "locale", "currency", "url"]
  static let log = ["level", "format"]
  static let rfm = ["event", "value", "boundaries"]
  static let webhooks = ["connections", "allow_private"]
  static let cors = ["origins", "max_age"]

  /// The scalar keys outside `channels`, as paths.
  static let scalars: [[String]] =
    [["listen"], ["public_url"], ["durability"], ["trigger_max_age"], ["erasures"]]
    + shop.map { ["shop", $0] } + log.map { ["log", $0] } + LimitSettings.keys.map { ["limits", $0] }
    + webhooks.map { ["webhooks", $0] } + rfm.map { ["rfm", $0] } + [["cors", "max_age"]]

  /// Lists, which a variable holds as JSON.
  static let lists: [[String]] = [["scanners"], ["caps"], ["cors", "origins"], ["trusted_proxies"]]

  /// Objects whose keys are the shop's choice, each with one value.
  static let named = ["utm", "retention", "quiet_after"]

  /// The keys of a channel that hold one value.
  static let channelScalars: [[String]] =
    [["adapter"], ["url"], ["from"], ["reply_to"], ["price"], ["hours"], ["consent"], ["timeout"]]
    + [["per_second"], ["connections"], ["max_attempts"], ["idempotent"], ["request", "method"], ["request", "url"]]

  private static let numbers = Set(LimitSettings.keys + ["per_second", "connections", "max_attempts"])
  private static let flags: Set = ["idempotent", "allow_private"]

  /// The text of a variable as the file would hold it; left a text where it is not of its key's type.
  static func typed(_ text: String, as key: String) -> JSONValue {
    if numbers.contains(key), let number = JSONNumber(text: text) { return .number(number) }
    if lists.contains(where: { $0.last == key }), let list = try? JSONValue(parsing: Array(text.utf8)) { return list }
    if flags.contains(key), text == "true" || text == "false" { return .bool(text == "true") }
    return .string(text)
  }

  static let prefix = "ZVENO_"

  /// `ZVENO_SHOP_TIME_ZONE` for `shop`, `time_zone`.
  static func variable(_ path: [String]) -> String { prefix + words(path) }

  static func words(_ path: [String]) -> String { path.map(word).joined(separator: "_") }

  /// Upper case, whatever is no letter or digit as `_`.
  static func word(_ key: String) -> String {
    String(key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
