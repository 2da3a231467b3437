import Delivery
import HTTP
import JSON
import SQL
import Testing

@testable import API

@Suite struct LinkRoutesTests {
  private struct World {
    let api: TestAPI
    let message: TrackedMessage

    func path(_ url: String) -> String { String(url.dropFirst("https://go.shop.example".count)) }
    var pixel: String { path(api.tracker.openURL(message)) }
    var click: String { path(api.tracker.clickURL(message, target: "https://shop.example/cart?id=1")) }
    var unsubscribe: String { path(api.tracker.unsubscribeURL(message)) }

    /// As a browser calls: without a key, with a name.
    func browse(
      _ method: String, _ target: String, _ body: String? = nil, agent: String = "Mozilla/5.0 (X11) Firefox/140.0",
      more: [(name: String, value: String)] = []
    ) -> Answer {
      api.call(
        method, target, body, type: "application/x-www-form-urlencoded", key: nil,
        headers: [("User-Agent", agent)] + more)
    }

    /// Types of Ann's events about messages, the oldest first.
    func deeds() throws -> [String] {
      try api.settle()
      let items = api.call("GET", "/v1/contacts/ann/timeline").items
      return items.reversed().compactMap { $0["type"]?.string }.filter { $0.hasPrefix("message.") }
    }
  }

  /// A letter to Ann that has left.
  private func world() throws -> World {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/templates/hello", #"{"subject":"Hello","text":"Hi"}"#)
    _ = api.call("PUT", "/v1/contacts/ann", #"{"email":"ann@shop.example"}"#)
    _ = api.call(
      "PUT", "/v1/chains/hello", #"{"enter":{"event":"signup"},"steps":[{"send":"email","template":"hello"}]}"#)
    _ = api.call("POST", "/v1/chains/hello/publish")
    _ = api.call("POST", "/v1/events", #"{"type":"signup","contact":{"id":"ann"}}"#)
    try api.settle()
    let id = try #require(api.call("GET", "/v1/messages?status=sent").items.first?["id"]?.string)
    return World(
      api: api,
      message: TrackedMessage(
        message: Int64(id) ?? 0, contact: 1, channel: "email", chain: "hello", step: "0", template: "hello"))
  }

  @Test("a reader's open and click are events of his, once for a burst of calls")
  func openAndClick() throws {
    let world = try world()
    for _ in 0..<3 {
      let pixel = world.browse("GET", world.pixel)
      #expect(pixel.status == 200)
      #expect(pixel.header("Content-Type") == "image/gif")
    }
    let click = world.browse("GET", world.click)
    #expect(click.status == 302)
    #expect(click.header("Location") == "https://shop.example/cart?id=1")
    #expect(try world.deeds() == ["message.sent", "message.opened", "message.clicked"])
    let message = try #require(world.api.call("GET", "/v1/messages").items.first)
    #expect(message["opened_at"]?.string != nil)
    #expect(message["clicked_at"]?.string != nil)
  }

  @Test("a HEAD leaves no trace, a machine's open is kept apart, a machine's click is none")
  func machines() throws {
    let world = try world()
    #expect(world.browse("HEAD", world.pixel).status == 200)
    #expect(world.browse("HEAD", world.click).status == 302)
    #expect(world.browse("GET", world.click, more: [("Purpose", "prefetch")]).status == 302)
    #expect(try world.deeds() == ["message.sent"])
    #expect(world.browse("GET", world.pixel, agent: "Mozilla/5.0").status == 200)
    #expect(try world.deeds() == ["message.sent", "message.opened"])
    let message = try #require(world.api.call("GET", "/v1/messages").items.first)
    #expect(message["opened_at"] == .null)
    #expect(message["machine_opened_at"]?.string != nil)
  }

  @Test("what a letter was read on stands with the open and the click, and not with a machine's")
  func device() throws {
    let world = try world()
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    _ = world.browse("GET", world.pixel, agent: phone, more: [("Purpose", "prefetch")])
    _ = world.browse("GET", world.pixel, agent: phone)
    _ = world.browse("GET", world.click, agent: phone)
    try world.api.settle()
    let items = world.api.call("GET", "/v1/contacts/ann/timeline").items.reversed()
    let read = items.filter { ["message.opened", "message.clicked"].contains($0["type"]?.string) }
    #expect(read.map { $0["properties"]?["device"]?.string } == [nil, "ios", "ios"])
  }

  @Test("a link nobody signed leads nowhere; a pixel looks the same for everybody")
  func forged() throws {
    let world = try world()
    #expect(world.browse("GET", "/t/o/nonsense.gif").response.body == Pixel.gif)
    #expect(world.browse("GET", "/t/c/nonsense?url=https://evil.example").status == 404)
    #expect(world.browse("GET", world.click + "A").status == 404)
    #expect(world.browse("GET", "/u/nonsense").status == 404)
    #expect(world.browse("POST", "/u/nonsense", "").status == 404)
    // A token of one kind is none of another.
    #expect(world.browse("GET", "/u/" + world.click.dropFirst(5)).status == 404)
    #expect(try world.deeds() == ["message.sent"])
  }

  @Test("of somebody who is being erased an unsubscribe link writes nothing anew")
  func unsubscribeAfterErasure() throws {
    let world = try world()
    #expect(world.api.call("DELETE", "/v1/contacts/ann").status == 202)
    // The last message keeps his row until there is another.
    #expect(world.browse("POST", world.unsubscribe, "List-Unsubscribe=One-Click").status == 404)
    #expect(world.api.call("GET", "/v1/suppressions").items.isEmpty)
  }

  @Test("a GET on the unsubscribe link asks, a POST unsubscribes, twice is once")
  func unsubscribe() throws {
    let world = try world()
    for _ in 0..<3 { #expect(world.browse("GET", world.unsubscribe).status == 200) }
    #expect(world.api.call("GET", "/v1/suppressions").items.isEmpty)
    let page = world.browse("GET", world.unsubscribe, more: [("Accept-Language", "ru")])
    #expect(page.text.contains("Отписаться"))
    for _ in 0..<2 {
      let done = world.browse("POST", world.unsubscribe, "List-Unsubscribe=One-Click", agent: "")
      #expect(done.status == 200)
    }
    #expect(try world.deeds() == ["message.sent", "message.unsubscribed"])
    let suppression = try #require(world.api.call("GET", "/v1/suppressions").items.first)
    #expect(suppression["address"] == "ann@shop.example")
    #expect(suppression["purpose"] == "marketing")
    let consents = world.api.call("GET", "/v1/contacts/ann").json["consents"]
    #expect(consents?.array?.map { $0["granted"] } == [false])
    _ = world.api.call("POST", "/v1/events", #"{"type":"signup","contact":{"id":"ann"}}"#)
    try world.api.settle()
    #expect(world.api.call("GET", "/v1/messages?status=sent").items.count == 1)
    #expect(world.api.call("GET", "/v1/messages?status=skipped").items.count == 1)
  }
}
