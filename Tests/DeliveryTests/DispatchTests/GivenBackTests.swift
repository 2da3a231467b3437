import Delivery
import Domain
import Testing

/// Claims that no adapter has seen come back to the ledger.
@Suite struct GivenBackTests {
  @Test func `a message that comes back untouched keeps its place before those that are due later`() throws {
    let world = try GateWorld()
    try world.publish("welcome")
    world.close("email")
    try world.happen("welcome", to: "ann")
    try world.time("2026-03-02T10:00:00Z")
    try world.happen("welcome", to: "bob")
    world.taker.room = 1
    var isFirst = true
    world.taker.answer = { _ in
      defer { isFirst = false }
      return isFirst ? .end(.untouched) : nil
    }
    world.close("email", false)
    try world.time("2026-03-02T10:01:00Z")
    #expect(!isFirst)
    #expect(world.handOvers.map(\.contact) == ["ann", "bob"])
    #expect(try world.messages() == ["welcome sent", "welcome sent"])
  }

  @Test func `what was claimed while its provider asked for patience is not handed over before he has had it`() throws {
    let world = try GateWorld()
    try world.publish("welcome")
    var inHand: Claim?
    world.taker.answer = { claim in
      guard inHand == nil else { return nil }
      inHand = claim
      return .silence
    }
    try world.happen("welcome", to: "ann")
    let first = try #require(inHand)
    world.taker.meanwhile = {
      world.taker.meanwhile = {}
      world.taker.settled(
        Outcome(claim: first, result: .handed(.throttled(afterSeconds: 60, reason: "too many"))))
    }
    try world.happen("welcome", to: "bob")
    try world.time("2026-03-02T09:00:59Z")
    #expect(world.handOvers.isEmpty)
    try world.time("2026-03-02T09:01:30Z")
    #expect(world.handOvers.map(\.contact).sorted() == ["ann", "bob"])
  }
}
