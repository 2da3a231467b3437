import API
import Domain
import HTTP
import JSON
import SQL
import Testing

import struct Domain.Issue

@testable import Server

@Suite("Configuration")
struct ConfigurationTests {
  private func read(_ text: String, _ environment: [String: String] = [:]) throws -> Configuration {
    try Configuration.read(Array(text.utf8), environment: environment).configuration
  }

  private func issues(_ text: String, _ environment: [String: String] = [:]) -> [Issue] {
    do {
      _ = try read(text, environment)
      return []
    } catch let refusal as Refusal {
      return refusal.issues
    } catch {
      Testing.Issue.record(error)
      return []
    }
  }

  @Test("an empty object is every default")
  func defaults() throws {
    let configuration = try read("{}")
    #expect(configuration.listen == ListenAddress(host: "127.0.0.1", port: 8080))
    #expect(configuration.durability == .full)
    #expect(configuration.limits.bodyBytes == 8 * 1024 * 1024)
    #expect(configuration.channels.map(\.name) == ["email", "sms", "whatsapp", "call"])
  }

  @Test("an unknown key is refused at its own place with the nearest known word")
  func unknownKey() {
    let found = issues("{\n  \"shop\": {},\n  \"lisen\": \"127.0.0.1:8080\"\n}")
    #expect(found.count == 1)
    #expect(found.first?.code == .unknownKey)
    #expect(found.first?.pointer == "/lisen")
    #expect(found.first?.line == 3)
    #expect(found.first?.column == 3)
    #expect(
      found.map { CompilerStyle.line($0, file: "zveno.json", severity: .error) } == [
        "zveno.json:3:3: error: unknown key \"lisen\" — did you mean \"listen\"? [/lisen]"
      ])
  }

  @Test func `proxies are trusted by address and by network, and nothing else is one`() throws {
    #expect(try read("{}").trustedProxies.isEmpty)
    #expect(try !read(#"{"trusted_proxies":["127.0.0.1","10.0.0.0/8","::1","fd00::/8"]}"#).trustedProxies.isEmpty)
    for wrong in ["localhost", "10.0.0.0/33", "10.0.0/8", "*", "", "::1/129", "10.0.0.0/-1", "10.0.0.0/"] {
      #expect(issues(#"{"trusted_proxies":["\#(wrong)"]}"#).map(\.pointer) == ["/trusted_proxies/0"], "\(wrong)")
    }
  }

  @Test func `pages may call from the origins that are named, from any by a star, and by default from none`() throws {
    #expect(try read("{}").crossOrigin == nil)
    #expect(try read(#"{"cors":{"origins":[]}}"#).crossOrigin == nil)
    let named = try read(#"{"cors":{"origins":["https://shop.example","http://127.0.0.1:3000"],"max_age":"10m"}}"#)
    #expect(named.crossOrigin?.origins == ["https://shop.example", "http://127.0.0.1:3000"])
    #expect(named.crossOrigin?.maxAgeSeconds == 600)
    let any = try read("{}", ["ZVENO_CORS_ORIGINS": #"["*"]"#])
    #expect(any.crossOrigin?.origins == nil && any.crossOrigin?.maxAgeSeconds == 3600)
    for wrong in ["shop.example", "https://shop.example/", "https://Shop.example", "https://shop.example/cart", ""] {
      #expect(issues(#"{"cors":{"origins":["\#(wrong)"]}}"#).map(\.pointer) == ["/cors/origins/0"], "\(wrong)")
    }
    #expect(issues(#"{"cors":{"max_age":"2d"}}"#).map(\.pointer) == ["/cors/max_age"])
  }

  @Test("all errors come at once, each with what was expected and what came")
  func allAtOnce() {
    let found = issues(
      """
      {"listen": 8080,
       "shop": {"time_zone": "Europe/Moskow", "currency": "rub"},
       "durability": "ful",
       "limits": {"head_bytes": 1.5},
       "log": {"level": "loud"}}
      """)
    #expect(
      found.map(\.pointer).sorted() == [
        "/durability", "/limits/head_bytes", "/listen", "/log/level", "/shop/currency", "/shop/time_zone",
      ])
    let durability = found.first { $0.pointer == "/durability" }
    #expect(durability?.hint == "did you mean \"full\"?")
    #expect(durability?.detail == "expected \"durability\" to be one of \"full\", \"normal\", \"off\", got \"ful\"")
    #expect(durability?.line == 3)
  }

  @Test("caps and quiet times are read, and the environment wins")
  func moderation() throws {
    let text = """
      {"caps": [{"channels": ["email"], "limit": 4, "per": "7d"}, {"channels": ["sms", "call"], "limit": 2, "per": "1mo"}],
       "quiet_after": {"purchase": "1d", "refund": "12h"}}
      """
    #expect(try read("{}").caps == [])
    #expect(try read("{}").quietAfter.isEmpty)
    let configuration = try read(text, ["ZVENO_QUIET_AFTER_PURCHASE": "2d"])
    #expect(
      configuration.caps == [
        FrequencyCap(channels: ["email"], limit: 4, per: Span(days: 7)),
        FrequencyCap(channels: ["sms", "call"], limit: 2, per: Span(months: 1)),
      ])
    #expect(configuration.quietAfter == ["purchase": Span(days: 2), "refund": Span(milliseconds: 12 * 3_600_000)])
    let caps = try read(text, ["ZVENO_CAPS": #"[{"channels": ["sms"], "limit": 1, "per": "1d"}]"#]).caps
    #expect(caps == [FrequencyCap(channels: ["sms"], limit: 1, per: Span(days: 1))])
  }

  @Test func `what a purchase is, is read, and the environment wins`() throws {
    #expect(try read("{}").rfm == .standard)
    let text = #"{"rfm": {"event": "order", "value": "sums.paid", "boundaries": "1st mon 05:30"}}"#
    let rfm = try read(text, ["ZVENO_RFM_EVENT": "order.paid"]).rfm
    #expect((rfm.event, rfm.value.text, rfm.boundaries.text) == ("order.paid", "sums.paid", "1st mon 05:30"))
    let wrong = issues(#"{"rfm": {"event": "2nd order", "value": "a..b", "boundaries": "often", "per": "1y"}}"#)
    #expect(wrong.map(\.pointer).sorted() == ["/rfm/boundaries", "/rfm/event", "/rfm/per", "/rfm/value"])
  }

  @Test("what is wrong with a cap or a quiet time is said at its place")
  func wrongModeration() {
    let found = issues(
      """
      {"caps": [
         {"channels": ["emial"], "limit": 0, "per": "7d"},
         {"channels": [], "limit": 2, "per": "0d"},
         {"channels": ["email"], "limits": 2, "per": "7d"},
         {"channels": ["email"], "limit": 2, "per": "2y"}],
       "quiet_after": {"purchase": "soon", "2nd": "1d", "view": "1y"},
       "retention": {"messages": "1y", "view": "30d"}}
      """)
    #expect(
      found.map(\.pointer) == [
        "/caps/0/channels/0", "/caps/0/limit", "/caps/1/channels", "/caps/1/per", "/caps/2/limits", "/caps/2",
        "/caps/3/per", "/quiet_after/purchase", "/quiet_after/2nd", "/quiet_after/view",
      ])
    #expect(
      found.first?.detail
        == "expected one of the channels \"email\", \"sms\", \"whatsapp\", \"call\", got \"emial\"")
    #expect(found.first?.hint == "did you mean \"email\"?")
    #expect(found.first?.line == 2)
    #expect(found[4].hint == "did you mean \"limit\"?")
    #expect(issues(#"{"caps": {"email": 4}}"#).map(\.code) == [.wrongType])
    let variable = issues("{}", ["ZVENO_CAPS": #"[{"channels": ["email"], "limit": 0, "per": "1d"}]"#])
    #expect(variable.map(\.pointer) == ["/caps/0/limit"])
    #expect(variable.first?.detail.hasPrefix("ZVENO_CAPS in the environment") == true)
  }

  @Test("retention names event types, messages and traces; all the rest is kept for ever")
  func retention() throws {
    #expect(try read("{}").retention.keepsEverything)
    let text = #"{"retention": {"events": "2y", "message.opened": "6mo", "messages": "30d", "traces": "52w"}}"#
    let retention = try read(text, ["ZVENO_RETENTION_VIEW": "7d", "ZVENO_RETENTION_EVENTS": "3y"]).retention
    #expect(retention.events == Span(months: 36))
    #expect(retention.types == ["message.opened": Span(months: 6), "view": Span(days: 7)])
    #expect(retention.messages == Span(days: 30))
    #expect(retention.traces == Span(days: 364))
  }

  @Test("retention shorter than ids are remembered, or of what is no event type, is refused")
  func shortRetention() {
    let found = issues(#"{"retention": {"events": "6d", "view": "167h", "messages": 30, "1st": "1y"}}"#)
    #expect(
      found.map(\.pointer) == ["/retention/events", "/retention/view", "/retention/messages", "/retention/1st"])
    #expect(found.map(\.code) == [.badValue, .badValue, .badValue, .unknownKey])
    #expect(found.first?.detail == "expected \"events\" to be kept for 7d at least, got 6d")
  }

  @Test("a text that is no JSON is one error with its place")
  func syntax() {
    let found = issues("{\n  \"listen\": }")
    #expect(found.map(\.code) == [.syntax])
    #expect(found.first?.line == 2)
  }

  @Test("a shop chooses the names of its channels")
  func channels() throws {
    let configuration = try read("{\"channels\": {\"carrier-pigeon\": {\"adapter\": \"log\"}}}")
    #expect(configuration.channels.map(\.name) == ["carrier-pigeon"])
  }

  @Test("a variable of the environment wins over the file")
  func environment() throws {
    let configuration = try read(
      "{\"listen\": \"127.0.0.1:1\", \"shop\": {\"name\": \"File\", \"locale\": \"ru\"}}",
      [
        "ZVENO_LISTEN": "0.0.0.0:9", "ZVENO_SHOP_TIME_ZONE": "Europe/Moscow", "ZVENO_SHOP_NAME": "42",
        "ZVENO_LIMITS_EVENT_BYTES": "4096", "ZVENO_UTM_UTM_SOURCE": "zveno",
      ])
    #expect(configuration.listen == ListenAddress(host: "0.0.0.0", port: 9))
    #expect(configuration.shop.timeZone.identifier == "Europe/Moscow")
    #expect(configuration.shop.name == "42")
    #expect(configuration.shop.locale == "ru")
    #expect(configuration.limits.eventBytes == 4096)
  }

  @Test("variables reach into channels, whose names may hold underscores and hyphens")
  func environmentOfChannels() throws {
    let configuration = try read(
      "{\"channels\": {\"web-push\": {\"adapter\": \"http\", \"request\": {\"json\": {\"to\": \"{{to}}\"}}}}}",
      [
        "ZVENO_CHANNELS_EMAIL_ADAPTER": "smtp", "ZVENO_CHANNELS_EMAIL_URL": "smtp://127.0.0.1:25",
        "ZVENO_CHANNELS_EMAIL_FROM": "Shop <news@shop.example>", "ZVENO_CHANNELS_EMAIL_PER_SECOND": "30",
        "ZVENO_CHANNELS_EMAIL_CONNECTIONS": "3",
        "ZVENO_CHANNELS_WEB_PUSH_REQUEST_URL": "http://127.0.0.1:9/",
      ])
    let email = configuration.channels.first { $0.name == "email" }
    #expect(email?.policy.perSecond == 30)
    #expect(try email?.adapter(secret: { _ in nil }, now: { 0 }).connections == 3)
    #expect(configuration.channels.map(\.name).sorted() == ["email", "web-push"])
  }

  @Test("a channel's own keys and its adapter's are checked alike, each at its place")
  func wrongChannel() {
    let found = issues(
      """
      {"channels": {"email": {
        "adapter": "smtp", "url": "smtp://127.0.0.1:25", "from": "Shop <news@shop.example>",
        "hours": "9-20", "consent": "optin", "price": "cheap", "conections": 3}}}
      """)
    #expect(
      found.map(\.pointer).sorted() == [
        "/channels/email/conections", "/channels/email/consent", "/channels/email/hours", "/channels/email/price",
      ])
    #expect(found.allSatisfy { $0.line == 3 })
  }

  @Test("a secret that is named and not set is an error when it is needed")
  func missingSecret() throws {
    let text = """
      {"channels": {"sms": {"adapter": "http", "request": {
        "url": "http://127.0.0.1:9/", "headers": {"Authorization": "Bearer {{secret.SMS_KEY}}"},
        "json": {"to": "{{to}}", "text": "{{text}}"}}}}}
      """
    #expect(issues(text).count == 1)
    #expect(issues(text, ["ZVENO_SECRET_SMS_KEY": "token"]).isEmpty)
    _ = try Configuration.read(Array(text.utf8), environment: [:], needsSecrets: false)
  }

  @Test("an error in a variable names the variable, one in the file keeps its place")
  func environmentErrors() {
    let found = issues("{\n\"shop\": {\"currency\": \"x\"}}", ["ZVENO_LISTEN": "nowhere"])
    #expect(found.first { $0.pointer == "/listen" }?.detail.hasPrefix("ZVENO_LISTEN in the environment") == true)
    #expect(found.first { $0.pointer == "/listen" }?.line == nil)
    #expect(found.first { $0.pointer == "/shop/currency" }?.line == 2)
  }

  @Test("a variable that fits no key is a warning, an empty one is none, and the command line's own are left alone")
  func foreignVariables() throws {
    let read = try Configuration.read(
      Array("{}".utf8),
      environment: [
        "ZVENO_LISTN": "x", "ZVENO_PUBLIC_URL": "", "ZVENO_ADMIN_KEY": "k", "ZVENO_SECRET_SMS": "s", "HOME": "/",
      ])
    #expect(read.warnings.map(\.hint) == ["did you mean \"ZVENO_LISTEN\"?"])
    #expect(read.configuration.publicURL == nil)
  }

  @Test("a secret comes from its variable or from the file that one names, without the line end")
  func secrets() throws {
    let folder = try TemporaryFolder()
    try folder.write("token\n", to: "sms")
    let secrets = Secrets(environment: [
      "ZVENO_SECRET_A": "1", "ZVENO_SECRET_B_FILE": folder.path + "/sms", "ZVENO_SECRET_C_FILE": folder.path + "/none",
    ])
    #expect(try secrets.value("A") == "1")
    #expect(try secrets.value("B") == "token")
    #expect(throws: Refused.self) { try secrets.value("C") }
    #expect(try secrets.value("D") == nil)
  }
}

@Suite("Listen address")
struct ListenAddressTests {
  @Test("hosts and ports of all kinds", arguments: ["127.0.0.1:0", "[::1]:8080", "localhost:65535"])
  func good(_ text: String) { #expect(ListenAddress(text).map { $0.text(port: $0.port) } == text) }

  @Test("anything else is refused", arguments: ["8080", ":8080", "::1:80", "a:65536", "a:-1", "a:", ""])
  func bad(_ text: String) { #expect(ListenAddress(text) == nil) }
}
