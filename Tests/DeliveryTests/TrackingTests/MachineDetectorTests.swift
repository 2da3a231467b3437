import Testing

@testable import Delivery

@Suite struct MachineDetectorTests {
  static let browser = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

  func isMachine(method: String = "GET", _ headers: [String: String]) -> Bool {
    MachineDetector(scanners: MachineDetector.knownScanners + ["OurScanner", ""]).isMachine(method: method) { name in
      headers.first { $0.key.lowercased() == name.lowercased() }?.value
    }
  }

  @Test(
    "a browser or mail program in a person's hands is a person",
    arguments: [
      browser, "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
      "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "Thunderbird/128.0",
      "Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36",
    ])
  func people(agent: String) {
    #expect(!isMachine(["User-Agent": agent]))
  }

  @Test(
    "Apple's mail proxy, scanners and callers without a name are machines",
    arguments: [
      "Mozilla/5.0", " Mozilla/5.0 ", "", "Mozilla/5.0 (compatible; YandexBot/3.0)", "ourscanner 1.0",
      "Slackbot-LinkExpanding 1.0", "facebookexternalhit/1.1", browser + " BingPreview/1.0b",
    ])
  func machines(agent: String) {
    #expect(isMachine(["User-Agent": agent]))
    #expect(isMachine([:]))
  }

  @Test(
    "a prefetch is a machine's, in whatever field it says so",
    arguments: [
      ("Purpose", "prefetch"), ("Sec-Purpose", "prefetch;prerender"), ("X-Purpose", "preview"), ("X-Moz", "prefetch"),
      ("purpose", "Prefetch"),
    ])
  func prefetch(name: String, value: String) {
    #expect(isMachine(["User-Agent": Self.browser, name: value]))
  }

  @Test("a HEAD is nobody's click", arguments: ["HEAD", "OPTIONS", "PROPFIND", "get"])
  func methods(method: String) {
    #expect(isMachine(method: method, ["User-Agent": Self.browser]))
    #expect(!isMachine(method: "POST", ["User-Agent": Self.browser]))
  }
}
