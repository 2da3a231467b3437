import Domain
import JSON
import Rehearsal
import Testing

@Suite("The document of a chain's tests")
struct ChainTestReadingTests {
  /// Where an error stands, of what kind it is, and what was meant.
  private func findings(_ text: String) throws -> [String] {
    do {
      _ = try ChainTests(JSONDocument(parsing: Array(text.utf8)).root)
      return []
    } catch let refusal as Refusal {
      return refusal.issues.map { issue in
        #expect(issue.line != nil && issue.column != nil)
        return "\(issue.pointer) \(issue.code.rawValue)" + (issue.hint.map { " \($0)" } ?? "")
      }
    }
  }

  private func test(_ timeline: String, expect: String = "[]", contacts: String = "[{\"id\":\"ann\"}]") -> String {
    """
    {"chain": "cart", "starts": "2026-03-02T09:00:00Z", "tests": [
      {"name": "one", "contacts": \(contacts), "timeline": [\(timeline)], "until": "7d", "expect": \(expect)}]}
    """
  }

  @Test("what the language's page shows is read")
  func reads() throws {
    #expect(
      try findings(
        test(
          """
          {"after": "0h", "type": "cart", "contact": "ann", "properties": {"cart_id": "c1", "total": 4000}},
          {"after": "9h", "delivered": "reminder", "contact": "ann"},
          {"after": "9h", "opened": "reminder", "contact": "ann", "machine": true},
          {"before": "20d", "type": "purchase", "contact": "ann", "properties": {"total": 900}},
          {"before": "3mo", "type": "message.opened", "contact": "ann", "properties": {"device": "ios"}}
          """,
          expect: "[{\"after\": \"8h\", \"send\": \"email\", \"template\": \"cart-1\", \"contact\": \"ann\"}]"))
        == [])
  }

  @Test("every error is found at once, with its place")
  func findsAll() throws {
    let text = """
      {"chain": "cart", "starts": "yesterday", "test": [], "tests": [
        {"name": "one", "contacts": [{"id": "ann", "emial": "a@b.example"}, {"id": "a n"}, {"id": "ann"}],
         "timeline": {}, "until": "7 day s", "expect": [{"after": "8h", "send": "email", "contact": "anna"}]}, 3]}
      """
    #expect(
      try findings(text) == [
        "/test unknown_key did you mean `tests`?", "/starts bad_value \"2026-03-02T09:00:00Z\"",
        "/tests/0/until bad_value write \(Span.hint)", "/tests/0/contacts/0/emial unknown_key did you mean `email`?",
        "/tests/0/contacts/1/id bad_value {\"id\": \"ann\", \"email\": \"ann@shop.example\"}",
        "/tests/0/contacts/2/id duplicate", "/tests/0/timeline wrong_type",
        "/tests/0/expect/0/contact unknown_reference did you mean `ann`?", "/tests/0/expect/0/template missing",
        "/tests/1 wrong_type",
      ])
  }

  @Test(
    "what is wrong with something that happens is said where it stands",
    arguments: [
      ("{\"after\": \"1h\", \"contact\": \"ann\"}", "/tests/0/timeline/0 missing"),
      (
        "{\"after\": \"1h\", \"type\": \"cart\", \"opened\": \"a\", \"contact\": \"ann\"}",
        "/tests/0/timeline/0 bad_value"
      ),
      ("{\"after\": \"1h\", \"type\": \"message.sent\", \"contact\": \"ann\"}", "/tests/0/timeline/0/type bad_value"),
      (
        "{\"after\": \"1h\", \"type\": \"cart\", \"contact\": \"ann\", \"properties\": 3}",
        "/tests/0/timeline/0/properties wrong_type"
      ),
      ("{\"after\": \"8d\", \"type\": \"cart\", \"contact\": \"ann\"}", "/tests/0/timeline/0/after bad_value"),
      (
        "{\"after\": \"1h\", \"delivered\": \"a\", \"machine\": true, \"contact\": \"ann\"}",
        "/tests/0/timeline/0/machine bad_value"
      ),
      ("{\"after\": \"1h\", \"clickd\": \"a\", \"contact\": \"ann\"}", "/tests/0/timeline/0/clickd unknown_key"),
      ("{\"before\": \"1h\", \"opened\": \"a\", \"contact\": \"ann\"}", "/tests/0/timeline/0/before bad_value"),
      ("{\"before\": \"0h\", \"type\": \"cart\", \"contact\": \"ann\"}", "/tests/0/timeline/0/before bad_value"),
      ("{\"before\": \"11y\", \"type\": \"cart\", \"contact\": \"ann\"}", "/tests/0/timeline/0/before bad_value"),
      (
        "{\"before\": \"1h\", \"after\": \"1h\", \"type\": \"cart\", \"contact\": \"ann\"}",
        "/tests/0/timeline/0/before bad_value"
      ),
      (
        "{\"before\": \"1h\", \"type\": \"contact.updated\", \"contact\": \"ann\"}",
        "/tests/0/timeline/0/type bad_value"
      ),
    ])
  func happenings(_ item: String, _ finding: String) throws {
    let found = try findings(test(item))
    #expect(found.contains { $0.hasPrefix(finding) }, "\(found)")
  }

  @Test("a relation leads to a contact of the test, and lists are texts")
  func relations() throws {
    let contacts = """
      [{"id": "ann", "relations": {"spouse": ["bob", "anne"]}, "lists": [1]}, {"id": "bob", "relations": []}]
      """
    #expect(
      try findings(test("", contacts: contacts)) == [
        "/tests/0/contacts/0/lists/0 wrong_type", "/tests/0/contacts/1/relations wrong_type",
        "/tests/0/contacts/0/relations/spouse/1 unknown_reference did you mean `ann`?",
      ])
  }

  @Test("a document without end is refused, not read")
  func bounded() throws {
    let many = Array(repeating: "{\"after\":\"1h\",\"type\":\"a\",\"contact\":\"ann\"}", count: 10_001)
    #expect(try findings(test(many.joined(separator: ","))) == ["/tests/0/timeline too_large"])
    #expect(
      try findings(test("").replacing("\"7d\"", with: "\"90y\"")) == ["/tests/0/until too_large"])
  }
}
