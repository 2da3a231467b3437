import Channels
import Domain
import JSON

/// One channel as configured.
struct ChannelSettings {
  let name: String
  private(set) var policy: ChannelPolicy
  /// Its object, with the environment's words already in it: the adapter reads its own keys.
  private let block: JSONNode
  /// RFC 6901, in the configuration.
  private let pointer: String

  /// What the gate must know; every other key is the adapter's.
  static let keys = ["price", "hours", "consent", "per_second", "max_attempts"]

  /// Nil when the adapter's part is wrong, which is then among the findings.
  init?(_ name: String, _ reader: SettingReader, secret: @escaping (String) -> String?) {
    guard let block = reader.node else { return nil }
    (self.name, self.block, pointer) = (name, block, reader.pointer)
    policy = ChannelPolicy(reading: reader)
    do throws(Refusal) {
      policy.opensTask = try adapter(secret: secret) { 0 }.opensTask
    } catch {
      for issue in error.issues { reader.findings.add(issue) }
      return nil
    }
  }

  /// The way out of the process. What is wrong was found when the configuration was read.
  func adapter(
    secret: @escaping (String) -> String?, now: @escaping @Sendable () -> Int64
  ) throws(Refusal) -> any ChannelAdapter {
    try Channels.adapter(from: block, at: pointer, otherKeys: Self.keys, secret: secret, now: now)
  }
}

extension ChannelPolicy {
  fileprivate init(reading reader: SettingReader) {
    self.init()
    hours = reader.parsed("hours", expecting: ClockSpan.hint) { ClockSpan($0) }
    consent = reader.choice("consent", of: ConfiguredConsent.self)?.rule ?? .none
    price = reader.decimal("price")
    perSecond = reader.whole("per_second", in: 1...1_000_000)
    maxAttempts = reader.whole("max_attempts", in: 1...1000) ?? maxAttempts
  }
}

/// The consent rules that can be written down; without one nothing is asked.
private enum ConfiguredConsent: String, CaseIterable {
  case optIn = "opt_in"
  case optOut = "opt_out"

  var rule: ConsentRule {
    switch self {
    case .optIn: .optIn
    case .optOut: .optOut
    }
  }
}
