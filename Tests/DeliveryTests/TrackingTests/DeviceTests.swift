import Testing

@testable import Delivery

@Suite struct DeviceTests {
  @Test(
    "a user agent says what a letter is read on",
    arguments: [
      ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)", .ios),
      ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15", .ios),
      ("Outlook-iOS/709.2226530.prod.iphone (3.24.0)", .ios),
      ("Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36", .android),
      ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.0", .windows),
      ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", .mac),
      ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", .linux),
    ] as [(String, Device)])
  func says(agent: String, device: Device) {
    #expect(Device(userAgent: agent) == device)
  }

  @Test(
    "a proxy speaks for nobody, and who says nothing has no device",
    arguments: [
      "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
      "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "Mozilla/5.0", "Thunderbird/128.0",
      "",
    ])
  func silent(agent: String) {
    #expect(Device(userAgent: agent) == nil)
  }
}
