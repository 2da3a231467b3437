import Domain
import JSON
import Seeds
import Testing

/// Which way an event more can move an answer.
@Suite("What one event more can do to a condition")
struct PushTests {
  private static let day: Int64 = 86_400_000

  private func condition(_ text: String) throws -> Condition {
    let document = try JSONDocument(parsing: Array(#"{"is":\#(text)}"#.utf8))
    return try #require(SegmentParser.parse(document.root).segment?.condition)
  }

  @Test(
    "it is known from the condition and the event alone",
    arguments: [
      (#"{"did":"buy","times":{">=":3}}"#, "{}", Push.up),
      (#"{"did":"buy","times":{">=":3},"within":"30d"}"#, "{}", .up),
      (#"{"did":"view","times":{">=":3}}"#, "{}", .none),
      (#"{"did_not":"buy","within":"30d"}"#, "{}", .down),
      (#"{"not":{"did":"buy"}}"#, "{}", .down),
      (#"{"did":"buy","times":{"<":3},"within":"30d"}"#, "{}", .either),
      (#"{"did":"buy","times":{">=":1,"<=":3},"within":"30d"}"#, "{}", .either),
      (#"{"did":"buy","sum":{"total":{">=":100}}}"#, #"{"total":5}"#, .up),
      (#"{"did":"buy","sum":{"total":{">=":100}}}"#, #"{"total":-5}"#, .either),
      (#"{"did":"buy","sum":{"items.price":{">=":100}}}"#, #"{"items":[{"price":5},{"price":-1}]}"#, .either),
      (#"{"did":"buy","max":{"total":{">=":100}}}"#, #"{"total":-5}"#, .up),
      (#"{"did":"buy","avg":{"total":{">=":100}}}"#, #"{"total":5}"#, .either),
      (#"{"silence":"buy","for":"30d"}"#, "{}", .down),
      (#"{"silence":"buy","longer_than":"2x own average"}"#, "{}", .either),
      (#"{"silence":"buy","longer_than":"2x average of vip"}"#, "{}", .down),
      (#"{"all":[{"did":"buy"},{"silence":"buy","for":"30d"}]}"#, "{}", .either),
      (#"{"all":[{"did":"buy"},{"silence":"view","for":"30d"}]}"#, "{}", .up),
      (#"{"buys_at_discount":{">=":0.5}}"#, "{}", .either),
    ])
  func isKnown(text: String, properties: String, expected: Push) throws {
    #expect(try condition(text).push(of: "buy", JSONValue(parsing: Array(properties.utf8))) == expected, "\(text)")
  }

  @Test("who is described stays so, and as long, when an event can only describe him more", arguments: 1...300)
  func stays(seed: UInt64) throws {
    var dice = Seeded(seed)
    let condition = try condition(random(depth: 2, &dice))
    let view = ScriptedView()
    var now = Timestamp(milliseconds: 400 * Self.day)
    func add() {
      let (type, total) = (["buy", "view"].randomElement(using: &dice) ?? "", Int.random(in: -3...9, using: &dice))
      view.past.append(
        EventFact(
          seq: Int64(view.past.count + 1), at: now, type: type, properties: ["total": .number(JSONNumber(total))]))
    }
    for _ in 0..<12 {
      let evaluator = Evaluator(view: view, run: .none(at: now), now: now)
      let before = try evaluator.evaluate(condition)
      add()
      let event = try #require(view.past.last)
      let after = try evaluator.evaluate(condition)
      switch condition.push(of: event.type, event.properties) {
      case .none, .either: break
      case .up: #expect(!before.holds || after.holds, "\(condition)")
      case .down: #expect(before.holds || !after.holds, "\(condition)")
      }
      if condition.push(of: event.type, event.properties).leaves(before.holds) {
        // Whoever goes by the moment known before comes early, never late.
        var moment = now
        let end = before.until ?? now + 100 * Self.day
        while moment < end {
          let then = Evaluator(view: view, run: .none(at: moment), now: moment)
          #expect(try then.evaluate(condition).holds == before.holds, "\(condition) at \(moment.rfc3339)")
          moment = moment + 7 * 3_600_000
        }
      }
      now = now + Int64.random(in: 1...20 * Self.day, using: &dice)
    }
  }

  private func random(depth: Int, _ dice: inout Seeded) -> String {
    let type = ["buy", "view"].randomElement(using: &dice) ?? ""
    let number = Int.random(in: 1...4, using: &dice)
    let window = Bool.random(using: &dice) ? #","within":"\#(number * 9)d""# : ""
    switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &dice) {
    case 0: return #"{"did":"\#(type)","times":{">=":\#(number)}\#(window)}"#
    case 1: return #"{"did":"\#(type)","sum":{"total":{">=":\#(number * 3)}}\#(window)}"#
    case 2: return #"{"did":"\#(type)","times":{"<=":\#(number)},"within":"\#(number * 9)d"}"#
    case 3: return #"{"did_not":"\#(type)"\#(window)}"#
    case 4: return #"{"silence":"\#(type)","for":"\#(number * 6)d"}"#
    case 5: return #"{"did":"\#(type)","max":{"total":{">=":\#(number)}}\#(window)}"#
    case 6: return #"{"not":\#(random(depth: depth - 1, &dice))}"#
    case let other:
      return
        #"{"\#(other == 7 ? "all" : "any")":[\#(random(depth: depth - 1, &dice)),\#(random(depth: depth - 1, &dice))]}"#
    }
  }
}
