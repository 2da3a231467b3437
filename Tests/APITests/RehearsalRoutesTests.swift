import JSON
import Testing

@Suite("POST /v1/chains/{id}/rehearse")
struct RehearsalRoutesTests {
  private static let start: Int64 = 1_772_442_000_000  // 2026-03-02T09:00:00Z
  private static let hour: Int64 = 3_600_000
  private static let time = "{\"from\": \"2026-03-02T08:00:00Z\", \"to\": \"2026-03-02T20:00:00Z\", \"wait\": true}"

  private static func chain(_ wait: String) -> String {
    """
    {"enter": {"event": "cart"}, "steps": [{"wait": "\(wait)"}, {"send": "email", "template": "letter"}]}
    """
  }

  /// A live chain that has written to Ann, and twelve hours since.
  private func world() throws -> TestAPI {
    let world = try TestAPI()
    world.now = Self.start
    #expect(world.call("PUT", "/v1/templates/letter", "{\"text\": \"Hello\"}").status == 201)
    #expect(world.call("PUT", "/v1/chains/cart", Self.chain("1h")).status == 201)
    #expect(world.call("POST", "/v1/chains/cart/publish").status == 200)
    let cart = "{\"type\": \"cart\", \"contact\": {\"id\": \"ann\", \"email\": \"ann@shop.example\"}}"
    #expect(world.call("POST", "/v1/events", cart).status == 202)
    try world.settle()
    world.now = Self.start + 12 * Self.hour
    try world.settle()
    return world
  }

  @Test("the answer waits where it is asked to, and says what the draft would have done")
  func waits() throws {
    let world = try world()
    #expect(world.call("PUT", "/v1/chains/cart", Self.chain("2h")).status == 200)
    let answer = world.call("POST", "/v1/chains/cart/rehearse", Self.time)
    #expect(answer.status == 200)
    #expect(answer.json["state"]?.string == "done")
    #expect(answer.json["progress"]?.number?.text == "1.0")
    #expect(answer.json["entries"]?.number?.int == 1)
    #expect(answer.json["by_hour"]?.array?.first?["hour"]?.string == "2026-03-02T11:00:00.000Z")
    // The live one has sent its own and no more.
    #expect(world.call("GET", "/v1/messages").json["items"]?.array?.count == 1)
    let again = world.call("GET", "/v1/rehearsals/\(answer.json["id"]?.string ?? "")")
    #expect(again.json == answer.json)
    #expect(world.call("GET", "/v1/rehearsals").json["items"]?.array?.count == 1)
  }

  @Test("without waiting there is an id to ask for, and to cancel by")
  func later() throws {
    let world = try world()
    let begun = world.call("POST", "/v1/chains/cart/rehearse", Self.time.replacing(", \"wait\": true", with: ""))
    #expect(begun.status == 202)
    let path = "/v1/rehearsals/\(begun.json["id"]?.string ?? "")"
    #expect(world.call("DELETE", path).status == 200)
    // One after the other: this one ends after that one.
    #expect(world.call("POST", "/v1/chains/cart/rehearse", Self.time).json["state"]?.string == "done")
    let state = world.call("GET", path).json["state"]?.string ?? ""
    #expect(["cancelled", "done"].contains(state))
    #expect(world.call("GET", "/v1/rehearsals/r0-0").status == 404)
    #expect(world.call("DELETE", "/v1/rehearsals/r0-0").status == 404)
  }

  @Test("a time that is none, a chain that is not there or cannot be published are refused")
  func refuses() throws {
    let world = try world()
    let future = Self.time.replacing("2026-03-02T20", with: "2027-03-02T20")
    #expect(world.call("POST", "/v1/chains/cart/rehearse", future).status == 422)
    let reversed = "{\"from\": \"2026-03-02T08:00:00Z\", \"to\": \"2026-03-02T08:00:00Z\"}"
    #expect(world.call("POST", "/v1/chains/cart/rehearse", reversed).status == 422)
    #expect(world.call("POST", "/v1/chains/none/rehearse", Self.time).status == 404)
    let broken = Self.chain("1h").replacing("letter", with: "leter")
    #expect(world.call("PUT", "/v1/chains/cart", broken).status == 200)
    #expect(world.call("POST", "/v1/chains/cart/rehearse", Self.time).status == 422)
  }
}
