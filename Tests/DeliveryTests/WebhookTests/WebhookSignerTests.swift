import Testing

@testable import Delivery

@Suite("Signatures of posts to webhooks")
struct WebhookSignerTests {
  /// The example that the scheme's own libraries are tested with.
  @Test("a post is signed as Standard Webhooks says")
  func signs() {
    let headers = WebhookSigner.headers(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
      secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    #expect(headers.contains("webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="))
    #expect(headers.contains("webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek"))
    #expect(headers.contains("webhook-timestamp: 1614265330"))
  }

  @Test("a secret has a prefix and 24 to 64 bytes")
  func judgesSecrets() {
    #expect(WebhookSecret.isGood(WebhookSecret.made(of: Array(repeating: 7, count: 32))))
    #expect(WebhookSecret.isGood("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_***"] {
      #expect(!WebhookSecret.isGood(bad))
    }
  }
}
