import Domain
import Testing

@testable import Channels

@Suite("Posts to webhooks, to a real server")
struct WebhookPosterTests {
  private func post(_ url: String, allowsPrivate: Bool = true, milliseconds: Int = 5_000) -> WebhookAnswer {
    WebhookPoster(allowsPrivate: allowsPrivate, timeoutMilliseconds: milliseconds, now: { 0 }).connect()
      .post(WebhookRequest(url: url, headers: ["Content-Type: application/json"], body: Array("{}".utf8)))
  }

  @Test(
    "what the far side answers decides: 2xx is taken, 410 the end, 429 and 503 ask for patience, all else is tried again",
    arguments: [
      ("204", WebhookAnswer.delivered), ("410", .gone),
      ("429:Retry-After:90", .throttled(afterSeconds: 90, reason: "status 429")),
      ("503", .throttled(afterSeconds: 60, reason: "status 503")),
      ("302:Location:http://127.0.0.1/", .failed(reason: "expected a status 2xx, got 302")),
      ("500", .failed(reason: "expected a status 2xx, got 500")),
    ])
  func answers(_ answer: String, _ expected: WebhookAnswer) throws {
    let server = try PythonServer("provider_server.py", ["--answer", answer])
    #expect(post("http://127.0.0.1:\(server.port)/crm") == expected)
    #expect(try server.received.count == 1)
  }

  @Test("one that hangs or never ends is given up in time", arguments: ["hang", "endless", "headers"])
  func bounds(_ answer: String) throws {
    let server = try PythonServer("provider_server.py", ["--answer", answer])
    let outcome = post("http://127.0.0.1:\(server.port)/", milliseconds: 300)
    // A status that came whole counts, however long the body goes on.
    #expect(outcome == .delivered || outcome.isFailure)
  }

  @Test(
    "an address of the machine itself is refused by whatever name it is called, and no connection is made",
    arguments: ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
  func refusesPrivate(_ host: String) throws {
    let server = try PythonServer("provider_server.py")
    guard case .failed(let reason) = post("http://\(host):\(server.port)/", allowsPrivate: false) else {
      Issue.record("it was posted")
      return
    }
    #expect(reason.hasPrefix("ssrf_blocked"), "\(reason)")
    #expect(try server.received.isEmpty)
  }

  @Test(
    "an address is public or not",
    arguments: [
      ([8, 8, 8, 8], true), ([127, 0, 0, 1], false), ([10, 1, 2, 3], false), ([172, 15, 0, 1], true),
      ([172, 16, 0, 1], false), ([172, 32, 0, 1], true), ([192, 168, 1, 1], false), ([169, 254, 169, 254], false),
      ([100, 64, 0, 1], false), ([100, 128, 0, 1], true), ([0, 0, 0, 0], false), ([224, 0, 0, 1], false),
      ([255, 255, 255, 255], false),
    ] as [([UInt8], Bool)])
  func knowsOldAddresses(_ bytes: [UInt8], _ isPublic: Bool) {
    #expect(IPAddress(bytes: bytes).isPublic == isPublic)
    let mapped = IPAddress(bytes: Array(repeating: 0, count: 10) + [0xff, 0xff] + bytes)
    #expect(mapped.isPublic == isPublic)
    let translated = IPAddress(bytes: [0, 0x64, 0xff, 0x9b] + Array(repeating: 0, count: 8) + bytes)
    #expect(translated.isPublic == isPublic)
  }

  @Test(
    "so is one of the new kind",
    arguments: [
      ([0x2a, 0x00, 0x14, 0x50], true), ([0xfd, 0x00], false), ([0xfe, 0x80], false), ([0xff, 0x02], false),
      ([0x20, 0x01, 0x0d, 0xb8], false), ([], false),
    ] as [([UInt8], Bool)])
  func knowsNewAddresses(_ beginning: [UInt8], _ isPublic: Bool) {
    let bytes = beginning + Array(repeating: 0, count: 15 - beginning.count) + [1]
    #expect(IPAddress(bytes: bytes).isPublic == isPublic)
  }
}

extension WebhookAnswer {
  fileprivate var isFailure: Bool { if case .failed = self { true } else { false } }
}
