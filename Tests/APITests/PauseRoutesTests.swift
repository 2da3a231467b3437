import JSON
import SQL
import Testing

@testable import API

/// A chain that stood still for three days, and goes on.
@Suite struct PauseRoutesTests {
  private static let hour: Int64 = 3_600_000

  private func api(_ chain: String) throws -> TestAPI {
    let api = try TestAPI()
    #expect(api.call("PUT", "/v1/templates/a", #"{"subject":"Hello","text":"Hi"}"#).status == 201)
    #expect(api.call("PUT", "/v1/chains/cart", chain).status == 201)
    #expect(api.call("POST", "/v1/chains/cart/publish").status == 200)
    return api
  }

  private func cart(_ contact: String, _ id: String, _ api: TestAPI) throws {
    let event = """
      {"type":"cart","contact":{"id":"\(contact)","email":"\(contact)@shop.example"},"properties":{"cart_id":"\(id)"}}
      """
    #expect(api.call("POST", "/v1/events", event).status == 202)
    try api.settle()
  }

  private func wait(hours: Int64, _ api: TestAPI) throws {
    api.now += hours * Self.hour
    api.writer.wake()
    try api.settle()
  }

  private func say(_ word: String, _ api: TestAPI) throws {
    #expect(api.call("POST", "/v1/chains/cart/\(word)").status == 200)
    try api.settle()
  }

  /// `ann mail sent`, in the order of the ledger.
  private func messages(_ api: TestAPI) -> [String] {
    api.call("GET", "/v1/messages?limit=1000").items.map { message in
      ["contact", "step", "status", "error"].compactMap { message[$0]?.string }.joined(separator: " ")
    }
  }

  @Test("of what was due on different days each contact gets what is not too late, and no more")
  func decidesForEach() throws {
    let api = try api(
      #"{"enter":{"event":"cart"},"per":"cart_id","steps":[{"wait":"3d"},{"send":"email","template":"a","id":"mail"}]}"#
    )
    let contacts = (0..<20).map { "c\($0)" }
    for day in 0..<3 {
      for contact in contacts { try cart(contact, "k\(day)", api) }
      try wait(hours: 20, api)
    }
    try say("pause", api)
    try wait(hours: 72, api)
    #expect(messages(api) == [])
    try say("resume", api)
    let each = ["mail skipped late", "mail skipped late", "mail sent"]
    #expect(messages(api).sorted() == contacts.flatMap { contact in each.map { contact + " " + $0 } }.sorted())
  }

  @Test("letters that follow each other keep their distance, though all were due meanwhile")
  func keepsDistance() throws {
    let letter = { (id: String) in #"{"wait":"1d"},{"send":"email","template":"a","id":"\#(id)"}"# }
    let steps = [letter("a"), letter("b"), letter("c")].joined(separator: ",")
    let api = try api(#"{"enter":{"event":"cart"},"purpose":"transactional","steps":[\#(steps)]}"#)
    try cart("ann", "k", api)
    try wait(hours: 12, api)
    try say("pause", api)
    try wait(hours: 84, api)
    try say("resume", api)
    #expect(messages(api) == ["ann a sent"])
    try wait(hours: 23, api)
    #expect(messages(api) == ["ann a sent"])
    try wait(hours: 1, api)
    #expect(messages(api) == ["ann a sent", "ann b sent"])
  }

  @Test(
    "a letter that was planned before the pause and due in it is dropped as `late` says", arguments: ["skip", "send"])
  func dropsPlanned(late: String) throws {
    let api = try api(
      """
      {"enter":{"event":"cart"},"hours":"09:00..10:00","late":"\(late)",
       "steps":[{"send":"email","template":"a","id":"mail","hold":"7d"}]}
      """)
    try wait(hours: 12 - (api.now / Self.hour) % 24, api)
    try cart("ann", "k", api)
    try say("pause", api)
    try wait(hours: 21, api)
    #expect(messages(api) == ["ann mail planned"])
    try wait(hours: 72, api)
    try say("resume", api)
    #expect(messages(api) == [late == "skip" ? "ann mail skipped late" : "ann mail sent"])
  }
}
