import Delivery
import Domain
import Engine
import SQL
import Testing

/// Messages that end the process, at the gate or on their way out.
@Suite struct PoisonTests {
  /// As processes leave it that end one after the other while the gate looks at a message.
  private func end(_ count: Int, judging message: Int64, _ path: String) throws {
    for _ in 0..<count {
      try PoisonGuard(try LastingWords(path: path)).attempt(.init(.message, message, 0)) {
        _ = PoisonGuard(try LastingWords(path: path))
      }
    }
  }

  @Test func `a message at which the gate has ended three processes fails, and the others leave`() throws {
    let world = try GateWorld()
    try world.publish("welcome")
    world.close("email")
    try world.happen("welcome", to: "ann")
    try world.happen("welcome", to: "bob")
    try end(3, judging: 1, world.words)
    world.close("email", false)
    try world.restart()
    #expect(try world.messages() == ["welcome failed undecidable", "welcome sent"])
    #expect(world.handOvers.map(\.contact) == ["bob"])
    #expect(try world.findings() == [])
  }

  @Test func `a message at which healthy processes were killed leaves with the others`() throws {
    let world = try GateWorld()
    try world.publish("welcome")
    world.close("email")
    try world.happen("welcome", to: "ann")
    try end(2, judging: 1, world.words)
    world.close("email", false)
    try world.restart()
    #expect(try world.messages() == ["welcome sent"])
  }

  /// Attempts are counted when a message is claimed, so those count, too, that end the process.
  @Test func `a message whose rendering ends the process fails after its attempts where it may be repeated`() throws {
    let world = try GateWorld(channels: ["email": ChannelPolicy(maxAttempts: 3)])
    (world.taker.repeats, world.taker.answer) = (true, { $0.contactID == "ann" ? .silence : nil })
    try world.publish("welcome")
    try world.happen("welcome", to: "ann")
    for _ in 0..<2 { try world.restart() }
    try world.happen("welcome", to: "bob")
    #expect(try world.messages() == ["welcome sending", "welcome sent"])
    try world.restart()
    #expect(try world.messages() == ["welcome failed too_many_attempts", "welcome sent"])
    #expect(try world.findings() == [])
  }

  @Test func `a message whose rendering ends the process is unknown at once where nobody can tell`() throws {
    let world = try GateWorld()
    world.taker.answer = { $0.contactID == "ann" ? .silence : nil }
    try world.publish("welcome")
    try world.happen("welcome", to: "ann")
    try world.restart()
    #expect(try world.messages() == ["welcome unknown the server stopped during the hand-over"])
    try world.restart()
    try world.happen("welcome", to: "bob")
    #expect(world.handOvers.map(\.contact) == ["bob"])
    #expect(try world.findings() == [])
  }
}
