/// Tells the calls of machines (prefetchers, mail proxies, link scanners) from those of people. Machines get the same
/// answers, but open nothing, click nothing and unsubscribe nobody.
public struct MachineDetector: Sendable {
  private let scanners: [String]

  /// Parts of user agents of what is known to fetch links by itself. Proxies that fetch when a person opens the letter
  /// (Gmail's, Yahoo's) are not among them.
  public static let knownScanners = [
    "barracuda", "mimecast", "proofpoint", "safelinks", "fortimail", "trendmicro", "bitdefender", "symantec",
    "googlebot", "adsbot-google", "google-safety", "bingbot", "bingpreview", "yandexbot", "yandex.com/bots",
    "mail.ru_bot", "slackbot", "telegrambot", "twitterbot", "linkedinbot", "discordbot", "facebookexternalhit",
    "vkshare", "whatsapp/", "skypeuripreview", "headlesschrome",
  ]

  /// `scanners`: parts of user agents, in any case.
  public init(scanners: [String] = Self.knownScanners) {
    self.scanners = scanners.map { $0.lowercased() }.filter { !$0.isEmpty }
  }

  private static let purposeHeaders = ["Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"]
  private static let machinePurposes = ["prefetch", "preview", "prerender"]

  /// `header` looks a field up by its name, in any case.
  public func isMachine(method: String, header: (_ name: String) -> String?) -> Bool {
    if method != "GET" && method != "POST" { return true }
    for name in Self.purposeHeaders {
      guard let value = header(name)?.lowercased() else { continue }
      if Self.machinePurposes.contains(where: { value.contains($0) }) { return true }
    }
    let agent = (header("User-Agent") ?? "").drop { $0 == " " }.lowercased()
    // Apple's mail proxy says no more than this; a person's mail program or browser always says something more.
    if agent.isEmpty || agent.split(separator: " ") == ["mozilla/5.0"] { return true }
    return scanners.contains { agent.contains($0) }
  }
}
