/// What a letter or its link was opened on, by the user agent: `device` of `message.opened` and `message.clicked`.
public enum Device: String, Sendable, Hashable, CaseIterable {
  case ios, android, windows, mac, linux

  /// Nil where the agent does not say, or where a proxy speaks for the reader's program: its own words are not his.
  /// An iPad that asks for desktop pages calls itself a Mac, and is taken for one.
  public init?(userAgent: String) {
    let agent = userAgent.lowercased()
    if Self.proxies.contains(where: agent.contains) { return nil }
    // Whoever names several systems names his own first in this order: Android says Linux too, iOS says Mac OS.
    guard let found = Self.signs.first(where: { agent.contains($0.sign) }) else { return nil }
    self = found.device
  }

  private static let proxies = ["imageproxy", "yahoomailproxy"]
  private static let signs: [(sign: String, device: Device)] = [
    ("iphone", .ios), ("ipad", .ios), ("ipod", .ios), ("outlook-ios", .ios), ("android", .android),
    ("windows nt", .windows), ("macintosh", .mac), ("linux", .linux),
  ]
}
