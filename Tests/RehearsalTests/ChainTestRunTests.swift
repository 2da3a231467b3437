import Domain
import JSON
import Rehearsal
import Testing

@Suite("A chain's tests")
struct ChainTestRunTests {
  private static let chain = """
    {"enter": {"event": "cart"}, "stop_when": {"did": "purchase"}, "steps": [
      {"wait": "8h"}, {"send": "email", "template": "letter", "id": "first"},
      {"send": "sms", "template": "letter", "id": "text"}]}
    """

  private func run(
    _ timeline: String, expect: String, chain: String = chain, isOver: @escaping () -> Bool = { false }
  ) throws -> ChainTestReport {
    let text = """
      {"chain": "chain", "starts": "2026-03-02T09:00:00Z", "tests": [
        {"name": "one", "contacts": [{"id": "ann", "email": "ann@shop.example", "phone": "+79161234567"}],
         "timeline": [\(timeline)], "until": "7d", "expect": [\(expect)]}]}
      """
    let tests = try ChainTests(JSONDocument(parsing: Array(text.utf8)).root)
    let material = ChainTestMaterial(chains: ["chain": chain], templates: ["letter": "{\"text\":\"Hello\"}"])
    return try tests.run(with: material, Story.setting, isOver: isOver)
  }

  private let cart = "{\"after\": \"0h\", \"type\": \"cart\", \"contact\": \"ann\"}"

  private func letter(_ after: String) -> String {
    "{\"after\": \"\(after)\", \"send\": \"email\", \"template\": \"letter\", \"contact\": \"ann\"}"
  }

  @Test("what came as it was expected passes")
  func passes() throws {
    let report = try run(cart, expect: letter("8h"))
    #expect((report.passed, report.failed) == (1, 0))
    #expect(report.text == "")
  }

  @Test("a broadcast and what is every week come by themselves")
  func byTime() throws {
    let chain = """
      {"enter": [{"schedule": "2026-03-03T10:00", "to": {"reachable": "email"}},
        {"every": "thu 10:00", "to": {"reachable": "email"}}],
       "reenter": "always", "steps": [{"send": "email", "template": "letter"}]}
      """
    let report = try run("", expect: letter("25h") + "," + letter("73h"), chain: chain)
    #expect(report.text == "")
  }

  @Test("a message that is a minute late, one that did not come and one that nobody expected fail, side by side")
  func fails() throws {
    let report = try run(
      cart + ", {\"after\": \"20h\", \"type\": \"cart\", \"contact\": \"ann\"}",
      expect: letter("479m") + "," + letter("50h"))
    #expect(
      report.text == """
        failed: one
            expected                    actual
          ! 7h59m  email letter → ann   8h     email letter → ann
          ! 50h    email letter → ann   28h    email letter → ann
            not sent: 8h     sms letter → ann: no_consent
            not sent: 28h    sms letter → ann: no_consent

        """)
    let test = report.json["tests"]?.array?.first
    #expect(test?["passed"]?.bool == false)
    #expect(test?["actual"]?.array?.map { $0["after"]?.string } == ["8h", "28h"])
    #expect(test?["expected"]?.array?.first?["at"]?.string == "2026-03-02T16:59:00.000Z")
    #expect(test?["unsent"]?.array?.first?["reason"]?.string == "no_consent")
  }

  @Test("what was to happen to a message that was never sent fails with that reason")
  func neverSent() throws {
    let report = try run("{\"after\": \"2h\", \"opened\": \"first\", \"contact\": \"ann\"}", expect: "")
    #expect(report.text.contains("! `opened` after 2h: the step first has sent ann nothing by then"))
    #expect(report.failed == 1)
  }

  @Test("a message that leaves at the very moment can be opened at it")
  func atOnce() throws {
    let report = try run(
      cart + ", {\"after\": \"8h\", \"opened\": \"first\", \"contact\": \"ann\"}", expect: letter("8h"))
    #expect(report.passed == 1)
  }

  @Test("a step or a template that the chain does not have is an error, with the nearest that it has")
  func references() throws {
    let refusal = #expect(throws: Refusal.self) {
      try run(
        "{\"after\": \"2h\", \"opened\": \"frist\", \"contact\": \"ann\"}",
        expect: letter("8h").replacing("letter", with: "leter"))
    }
    #expect(refusal?.issues.map(\.hint) == ["did you mean `first`?", "did you mean `letter`?"])
    #expect(refusal?.issues.map(\.pointer) == ["/tests/0/timeline/0/opened", "/tests/0/expect/0/template"])
  }

  @Test("a call enrols, lists and relations are as the test says, and a chain beside it lives too")
  func surroundings() throws {
    let text = """
      {"chain": "chain", "with": "other", "starts": "2026-03-02T09:00:00Z", "tests": [
        {"name": "one", "until": "7d",
         "contacts": [
           {"id": "ann", "email": "ann@shop.example", "lists": ["vip"], "relations": {"spouse": "bob"}},
           {"id": "bob", "email": "bob@shop.example", "lists": "vip"}],
         "timeline": [
           {"after": "1h", "enroll": "chain", "contact": "ann", "properties": {"total": 5}},
           {"after": "2h", "enroll": "chain", "contact": "bob", "properties": {"total": 5}},
           {"after": "3h", "enroll": "chain", "contact": "ann"}],
         "expect": [
           {"after": "1h", "send": "email", "template": "letter", "contact": "ann"},
           {"after": "1h", "send": "email", "template": "other", "contact": "ann"}]}]}
      """
    let tests = try ChainTests(JSONDocument(parsing: Array(text.utf8)).root)
    let chain = """
      {"enter": {"api": true}, "only_if": {"all": [{"list": "vip"}, {"relation": "spouse"}, {"trigger": {"total": 5}}]},
       "steps": [{"send": "email", "template": "letter"}, {"enter": "other"}]}
      """
    let other = "{\"enter\": {\"api\": true}, \"steps\": [{\"send\": \"email\", \"template\": \"other\"}]}"
    let material = ChainTestMaterial(
      chains: ["chain": chain, "other": other],
      templates: ["letter": "{\"text\":\"Hello\"}", "other": "{\"text\":\"Hello\"}"])
    let report = try tests.run(with: material, Story.setting)
    #expect(report.text == "")
    #expect(throws: Refusal.self) {
      try tests.run(with: ChainTestMaterial(chains: ["chain": chain], templates: [:]), Story.setting)
    }
  }

  @Test(
    "what was before the start counts and starts nothing: who was in the segment stays out, who falls into it comes in")
  func past() throws {
    let text = """
      {"chain": "chain", "starts": "2026-03-02T09:00:00Z", "tests": [
        {"name": "one", "until": "60d",
         "contacts": [
           {"id": "ann", "email": "ann@shop.example"}, {"id": "bob", "email": "bob@shop.example"},
           {"id": "cat", "email": "cat@shop.example"}, {"id": "dan", "email": "dan@shop.example"}],
         "timeline": [
           {"after": "1h", "type": "visit", "contact": "bob"},
           {"before": "35d", "type": "message.opened", "contact": "ann"},
           {"before": "5d", "type": "message.opened", "contact": "bob"},
           {"before": "5d", "type": "visit", "contact": "cat"},
           {"before": "45d", "type": "message.opened", "contact": "dan"}],
         "expect": [{"after": "25d", "send": "email", "template": "letter", "contact": "bob"}]}]}
      """
    let tests = try ChainTests(JSONDocument(parsing: Array(text.utf8)).root)
    let material = ChainTestMaterial(
      chains: [
        "chain": "{\"enter\": {\"segment\": \"quiet\"}, \"steps\": [{\"send\": \"email\", \"template\": \"letter\"}]}"
      ],
      templates: ["letter": "{\"text\":\"Hello\"}"],
      segments: [
        "quiet": """
        {"is": {"all": [{"did": "message.opened"}, {"silence": "message.opened", "for": "\(Self.quiet)"}]}}
        """
      ])
    let report = try tests.run(with: material, Story.setting)
    #expect(report.text == "")
  }

  /// Ann and Dan are quiet already, by five days and more; Cat has opened nothing.
  private static let quiet = "30d"

  @Test("a chain that cannot be published is told apart from its tests")
  func unpublishable() throws {
    let error = #expect(throws: UnpublishableChain.self) {
      try run(cart, expect: "", chain: Self.chain.replacing("\"sms\"", with: "\"fax\""))
    }
    #expect(error?.issues.map(\.pointer) == ["/steps/2/send"])
  }

  @Test("a test that takes too long ends with a sentence, and those after it")
  func tooLong() throws {
    var rounds = 0
    let report = try run(cart, expect: letter("8h")) {
      rounds += 1
      return rounds > 3
    }
    #expect(report.failed == 1)
    #expect(report.results.first?.problem?.hasPrefix("it was ended before it was done, at 2026-03-02T") == true)
  }
}
