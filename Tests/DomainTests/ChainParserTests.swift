import Domain
import JSON
import Testing

@Suite("Reading a chain")
struct ChainParserTests {
  private func parse(_ text: String, _ references: References? = nil) throws -> ChainParser.Result {
    ChainParser.parse(
      try JSONDocument(parsing: Array(text.utf8), limits: JSONLimits(maxDepth: 256)), references: references)
  }

  private func chain(_ steps: String, more: String = "") -> String {
    #"{"enter":{"event":"cart"},\#(more)"steps":\#(steps)}"#
  }

  @Test("a chain that uses everything built so far has no errors")
  func readsAll() throws {
    let text = """
      {"name": "Cart", "note": "kept", "purpose": "marketing", "per": "cart_id", "reenter": "after 3d",
       "enter": [{"event": "cart", "where": {"total": {">=": 1000}}}, {"event": "wish"}],
       "only_if": {"all": [{"contact": {"city": "Kazan"}}, {"not": {"did": "purchase", "within": "30d"}}]},
       "stop_when": [{"did": "purchase", "same": "cart_id"}], "late": {"skip_after": "2h"}, "hours": "10:00..19:00",
       "goal": {"did": "purchase", "within": "7d", "value": "total"},
       "steps": [
         {"wait": "8h..24h", "reset_on": "cart", "id": "first"},
         {"send": "email", "template": "a", "id": "reminder", "data": {"sku": {"from": "trigger.items.sku"}},
          "flags": {"rich": {"did": "purchase", "times": {">=": 3}, "within": "1y"}}, "hold": "12h"},
         {"wait_for": {"opened": "reminder"}, "at_most": "24h",
          "then": [{"set": {"stage": "warm"}}], "else": [{"send": "email", "template": "b"}]},
         {"if": {"any": [{"clicked": "last"}, {"weekday": ["sat", "1st mon"]}]}, "then": [{"exit": "warm"}]},
         {"wait_until": "10:00", "on": ["mon", "last fri"]},
         {"wait_until": {"date": "contact.trip", "offset": "-3d"}, "at": "10:00"},
         {"send": "call", "template": "c", "queue": "sales", "deadline": "2d", "only_if": {"reachable": "call"}}]}
      """
    let result = try parse(text)
    #expect(result.errors == [])
    let chain = try #require(result.chain)
    #expect(
      chain.program.map(\.label) == ["first", "reminder", "2", "2.then.0", "2.else.0", "3", "3.then.0", "4", "5", "6"])
    guard case .waitFor(let wait) = chain.program[2].kind else { throw Unexpected() }
    #expect(wait.then == 3 && wait.otherwise == 4)
    #expect(chain.program[3].next == 5 && chain.program[4].next == 5)
    guard case .branch(let branch) = chain.program[5].kind else { throw Unexpected() }
    #expect(branch.then == 6 && branch.otherwise == 7)
    #expect(chain.wakingTypes.isSuperset(of: ["purchase", "cart", "message.opened", "message.clicked"]))
  }

  struct Unexpected: Error {}

  @Test(
    "each mistake is found where it stands, with a code and the nearest word",
    arguments: [
      (#"[{"wiat":"1h"}]"#, "/steps/0/wiat", "unknown_key", "did you mean `wait`?"),
      (#"[{"send":"email","tempalte":"a"}]"#, "/steps/0/tempalte", "unknown_key", "did you mean `template`?"),
      (#"[{"wait":"24 parsecs"}]"#, "/steps/0/wait", "bad_value", nil),
      (#"[{"wait":24}]"#, "/steps/0/wait", "wrong_type", nil),
      (#"[{"wait":"24h..8h"}]"#, "/steps/0/wait", "bad_value", nil),
      (#"[{"wait":"1h","send":"email"}]"#, "/steps/0", "bad_value", nil),
      (#"[]"#, "/steps", "bad_value", nil),
      (#"[{"exit":"x"},{"wait":"1h"}]"#, "/steps/1", "unreachable", nil),
      (#"[{"split":[]}]"#, "/steps/0/split", "bad_value", nil),
      (#"[{"grant":{"points":500}}]"#, "/steps/0/grant", "not_yet", nil),
      (
        #"[{"split":[{"name":"A","weight":1,"steps":[]},{"name":"A","weight":1,"steps":[]}]}]"#,
        "/steps/0/split/1/name",
        "duplicate", nil
      ),
      (
        #"[{"split":[{"name":"A","weight":1,"steps":[]},{"name":"B","weight":-1,"steps":[]}]}]"#,
        "/steps/0/split/1/weight", "bad_value", nil
      ),
      (#"[{"choose":[{"when":{"did":"view"}}]}]"#, "/steps/0/choose/0", "missing", nil),
      (
        #"[{"escalate":[{"send":"email","template":"a"},{"send":"sms","template":"b"}]}]"#, "/steps/0/escalate/0",
        "missing", nil
      ),
      (#"[{"escalate":[{"send":"sms","template":"b"}],"budget":"much"}]"#, "/steps/0/budget", "bad_value", nil),
      (#"[{"list":"invited"}]"#, "/steps/0", "missing", nil),
      (#"[{"wait_for":{"of":"trigger","is":{"did":"view"}},"at_most":"1d"}]"#, "/steps/0/wait_for", "bad_value", nil),
      (
        #"[{"send":"email","template":["a","b"],"id":"x","winner":{"by":"goal","after":9}}]"#, "/steps/0/winner",
        "missing", nil
      ),
      (#"[{"enter":"a b"}]"#, "/steps/0/enter", "bad_value", nil),
      (#"[{"if":{"points":{">":0}},"then":[{"exit":"x"}]}]"#, "/steps/0/if/points", "not_yet", nil),
      (#"[{"if":{"did":"view","times":{">=":3}},"then":[{"exit":"x"}]}]"#, "/steps/0/if", "missing", nil),
      (#"[{"wait_for":{"did":"view"}}]"#, "/steps/0", "missing", nil),
      (#"[{"wait_for":{"did_not":"view"},"at_most":"1d"}]"#, "/steps/0/wait_for", "missing", nil),
      (#"[{"if":{"opened":"reminder"},"then":[{"exit":"x"}]}]"#, "/steps/0/if/opened", "unknown_reference", nil),
      (#"[{"wait":"1h","id":"a"},{"wait":"1h","id":"a"}]"#, "/steps/1/id", "duplicate", nil),
      (#"[{"if":{"all":[]},"then":[{"exit":"x"}]}]"#, "/steps/0/if/all", "bad_value", nil),
      (
        #"[{"if":{"trigger":{"properties.total":1}},"then":[{"exit":"x"}]}]"#, "/steps/0/if/trigger/properties.total",
        "bad_value", "write \"total\""
      ),
      (#"[{"set":{"a":{"from":"triger.sku"}}}]"#, "/steps/0/set/a/from", "bad_value", "did you mean `trigger`?"),
      (#"[{"wait":"999999999y"}]"#, "/steps/0/wait", "bad_value", nil),
      (#"[{"set":{"email":"x@y.example"}}]"#, "/steps/0/set/email", "bad_value", nil),
      (#"[{"set":{}}]"#, "/steps/0/set", "bad_value", nil),
      (#"[{"exit":"stopped"}]"#, "/steps/0/exit", "bad_value", "choose another word"),
      (#"[{"wait_until":"10:00","on":[]}]"#, "/steps/0/on", "bad_value", nil),
      (#"[{"wait_for":{"not":{"did":"view"}},"at_most":"1d"}]"#, "/steps/0/wait_for", "missing", nil),
      (#"[{"wait":"1h","note":5}]"#, "/steps/0/note", "wrong_type", nil),
      (#"[{"send":"email","template":["a"]}]"#, "/steps/0/template", "bad_value", nil),
      (#"[{"send":"email","template":["a","a"]}]"#, "/steps/0/template/1", "duplicate", nil),
      (#"[{"send":"email","template":"a","winner":{"by":"opened","after":9}}]"#, "/steps/0/winner", "bad_value", nil),
      (
        #"[{"send":"email","template":"a","data":{"v":{"from":"flags.vip"}}}]"#, "/steps/0/data/v/from",
        "unknown_reference", nil
      ),
    ] as [(String, String, String, String?)])
  func findsMistakes(_ steps: String, _ pointer: String, _ code: String, _ hint: String?) throws {
    let result = try parse(chain(steps))
    #expect(result.chain == nil)
    let error = try #require(result.errors.first)
    #expect(error.pointer == pointer)
    #expect(error.code.rawValue == code)
    #expect(error.line == 1 && error.column != nil)
    if let hint { #expect(error.hint == hint) }
  }

  @Test("all mistakes of a document come back at once, with line and column")
  func reportsAllAtOnce() throws {
    let text = """
      {"enter": {"event": "cart"},
       "stop_wen": {"did": "purchase"},
       "steps": [
         {"wait": "soon"},
         {"send": "email"}]}
      """
    let errors = try parse(text).errors
    #expect(Set(errors.map(\.pointer)) == ["/stop_wen", "/steps/0/wait", "/steps/1"])
    #expect(errors.first { $0.pointer == "/stop_wen" }?.line == 2)
    #expect(errors.first { $0.pointer == "/steps/0/wait" }?.line == 4)
    #expect(errors.first { $0.pointer == "/stop_wen" }?.hint == "did you mean `stop_when`?")
  }

  @Test(
    "what belongs to later stages is refused with words that say so",
    arguments: ["topic"])
  func refusesLaterKeys(_ key: String) throws {
    let errors = try parse(chain(#"[{"wait":"1h"}]"#, more: "\"\(key)\":\"10%\",")).errors
    #expect(errors.map(\.code) == [.notYet])
  }

  @Test("a `then` that `stop_when` makes unreachable is refused")
  func refusesStoppedThen() throws {
    let steps = #"[{"wait_for":{"did":"purchase"},"at_most":"1d","then":[{"exit":"x"}],"else":[]}]"#
    let errors = try parse(chain(steps, more: #""stop_when":{"did":"purchase"},"#)).errors
    #expect(errors.map(\.code) == [.unreachable])
    #expect(errors.first?.pointer == "/steps/0/then")
  }

  @Test("channels, templates and hours are held to what exists")
  func checksReferences() throws {
    let references = References(
      channels: ["email": ChannelPolicy(hours: ClockSpan("09:00..20:00"))], templates: ["cart-1"], eventTypes: ["kart"])
    let unknown = try parse(chain(#"[{"send":"emial","template":"cart-2"}]"#), references)
    #expect(unknown.errors.map(\.code) == [.unknownReference, .unknownReference])
    #expect(unknown.errors.map(\.hint) == ["did you mean `email`?", "did you mean `cart-1`?"])
    let never = try parse(
      chain(#"[{"send":"email","template":"cart-1"}]"#, more: #""hours":"21:00..23:00","#), references)
    #expect(never.errors.map(\.code) == [.badValue])
    let doubtful = try parse(#"{"enter":{"event":"karts"},"steps":[{"send":"email","template":"cart-1"}]}"#, references)
    #expect(doubtful.errors == [])
    #expect(doubtful.warnings.map(\.hint) == ["did you mean `kart`?"])
  }

  @Test("a window longer than its events are kept is refused, one over all the past is doubted")
  func checksRetention() throws {
    var references = References(channels: [:], templates: [])
    references.retention = RetentionPolicy(events: Span(months: 24), types: ["view": Span(months: 6)])
    let long = try parse(
      #"""
      {"enter":{"event":"cart"},"only_if":{"all":[{"did":"purchase","within":"2y"},{"did_not":"view","within":"1y"}]},
       "stop_when":{"did":"view","within":"181d"},
       "steps":[{"wait":"1h"},{"if":{"did":"view","within":"6mo"},"then":[{"exit":"seen"}]},
         {"if":{"did":"purchase","within":"800d"},"then":[{"exit":"bought"}]}]}
      """#, references)
    #expect(
      long.errors.map(\.pointer).sorted() == ["/only_if/all/1/within", "/steps/2/if/within", "/stop_when/within"])
    #expect(long.errors.allSatisfy { $0.code == .badValue && $0.hint?.contains("6mo") != $0.hint?.contains("2y") })
    let ever = try parse(
      #"{"enter":{"event":"cart"},"only_if":{"did_not":"view"},"steps":[{"if":{"did":"view"},"then":[]},{"exit":"x"}]}"#,
      references)
    #expect(ever.warnings.contains { $0.pointer == "/only_if" && $0.detail.contains("kept for 6mo") })
    references.retention = RetentionPolicy(types: ["search": Span(days: 7)])
    #expect(
      try parse(
        #"{"enter":{"event":"cart"},"only_if":{"did":"view","within":"9y"},"steps":[{"wait":"1h"}]}"#, references
      ).errors == [])
  }

  @Test("a chain that its own steps lead back into is refused, unless it names another chain or enters once")
  func refusesLoops() throws {
    var references = References(channels: ["email": ChannelPolicy()], templates: ["a"])
    references.chainID = "mine"
    func errors(_ enter: String, _ more: String = "") throws -> [String] {
      try parse(#"{"enter":\#(enter),\#(more)"steps":[{"send":"email","template":"a"}]}"#, references).errors.map(
        \.code.rawValue)
    }
    #expect(try errors(#"{"event":"message.sent"}"#) == ["bad_value"])
    #expect(try errors(#"{"event":"message.sent","where":{"chain":"mine"}}"#) == ["bad_value"])
    #expect(try errors(#"{"event":"message.sent","where":{"chain":"other"}}"#) == [])
    #expect(try errors(#"{"event":"message.sent"}"#, #""reenter":"never","#) == [])
    references.partials = ["a"]
    #expect(try errors(#"{"event":"cart"}"#) == ["bad_value"])
  }

  @Test("a chain of ten thousand steps, or nested a hundred deep, is refused and nothing breaks")
  func boundsSize() throws {
    let many = "[" + Array(repeating: #"{"wait":"1h"}"#, count: 10_000).joined(separator: ",") + "]"
    #expect(try parse(chain(many)).errors.contains { $0.code == .tooLarge })
    let deep =
      String(repeating: #"[{"if":{"did":"view"},"then":"#, count: 100) + "[]" + String(repeating: "}]", count: 100)
    #expect(try parse(chain(deep)).chain == nil)
    let conditions =
      String(repeating: #"{"not":"#, count: 100) + #"{"did":"view"}"# + String(repeating: "}", count: 100)
    #expect(try parse(chain(#"[{"if":\#(conditions),"then":[{"exit":"x"}]}]"#)).chain == nil)
  }
}
