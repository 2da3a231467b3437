import Domain
import JSON
import Testing

/// Ann as she is on a Monday noon, in a run that began at ten: three views, a cart, a letter sent and opened.
private struct Scene {
  let view = ScriptedView()
  let run: RunScope
  let now: Timestamp
  let chain: Chain
  let document: JSONValue

  static func chain(onlyIf condition: String) -> String {
    """
    {"enter":{"event":"cart"},"steps":[{"send":"email","template":"a","id":"letter"},{"wait":"1h","id":"pause"},
      {"send":"sms","template":"b","id":"text"},{"send":"sms","template":"b","only_if":\(condition)}]}
    """
  }

  init(_ condition: String) throws {
    let text = Self.chain(onlyIf: condition)
    let result = ChainParser.parse(try JSONDocument(parsing: Array(text.utf8)))
    chain = try #require(result.chain, "\(result.errors)")
    document = try JSONValue(parsing: text)
    now = try Self.moment("2026-03-02T12:00:00Z")
    let cart = EventFact(
      seq: 4, at: try Self.moment("2026-03-02T10:00:00Z"), type: "cart", properties: ["total": 500, "cart_id": "c1"])
    view.past = try [
      ("view", "2026-01-01T09:00:00Z", ["category": "iphone"]),
      ("view", "2026-02-01T09:00:00Z", ["category": "iphone"]),
      ("view", "2026-02-28T09:00:00Z", ["category": "ipad", "price": 900]),
    ].enumerated().map { index, event in
      EventFact(
        seq: Int64(index + 1), at: try Self.moment(event.1), type: event.0, properties: event.2)
    }
    view.past.append(cart)
    view.contact = ["city": "Kazan", "age": 17]
    view.states = [
      MessageState(
        step: 0, isOver: true, sentAt: try Self.moment("2026-03-02T10:00:00Z"),
        openedAt: try Self.moment("2026-03-02T10:30:00Z"))
    ]
    view.reachable = ["email"]
    view.lists = ["news"]
    run = RunScope(
      trigger: cart, entry: cart.moment, stepStart: LogMoment(at: now, seq: 5), marks: [:], data: [:])
  }

  static func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

  var explainer: Explainer { Explainer(view: view, run: run, now: now, chain: chain, document: document) }

  var condition: Condition {
    get throws {
      guard case .send(let send) = chain.program[3].kind else { throw Unexpected() }
      return try #require(send.onlyIf)
    }
  }

  var check: Check { get throws { try explainer.explain(condition, at: "/steps/3/only_if") } }

  struct Unexpected: Error {}
}

@Suite("An explanation of a condition")
struct ExplainerTests {
  @Test(
    "says what would make it true and until when",
    arguments: [
      (#"{"contact":{"city":"Paris"}}"#, #"contact.city = "Paris" (it is "Kazan")"#),
      (
        #"{"contact":{"city":"Kazan","age":{">=":18},"name":"Ann"}}"#,
        #"contact.age >= 18 (it is 17) and contact.name = "Ann" (there is none)"#
      ),
      (#"{"trigger":{"total":{">=":1000}}}"#, "another `cart` with total >= 1000 (it is 500)"),
      (#"{"latest":"view","where":{"price":{"<":500}}}"#, "a newer `view` with price < 500 (it is 900)"),
      (#"{"latest":"purchase","where":{"total":{"exists":true}}}"#, "a `purchase` with a total"),
      (
        #"{"did":"view","where":{"category":"iphone"},"times":{">=":3},"within":"90d"}"#,
        #"one more `view` with category = "iphone" before 2026-04-01T09:00Z (2 of 3 within 90d)"#
      ),
      (#"{"did":"purchase"}"#, "a `purchase` since entry"),
      (#"{"did":"purchase","times":{">":1},"within":"30d"}"#, "2 `purchase` within 30d"),
      (#"{"did":"purchase","same":"cart_id"}"#, "a `purchase` with the trigger's cart_id since entry"),
      (#"{"did":"purchase","since":"pause"}"#, "the end of the step `pause`: only what comes after it counts"),
      (
        #"{"did":"view","sum":{"price":{">=":1000}},"within":"1y"}"#,
        "the sum of price of `view` >= 1000 within 1y (it is 900)"
      ),
      (
        #"{"did":"view","distinct":"category","times":{">=":4},"within":"1y"}"#,
        "the number of different category of `view` >= 4 within 1y (it is 2)"
      ),
      (
        #"{"did":"view","times":{"<":3},"within":"70d"}"#,
        "the number of `view` < 3 within 70d (it is 3), or by itself at 2026-03-12T09:00Z"
      ),
      (
        #"{"did_not":"view","within":"7d"}"#,
        "no `view` within 7d, and there was one at 2026-02-28T09:00Z: by itself at 2026-03-07T09:00Z"
      ),
      (
        #"{"did_not":"view","within":"ever"}"#,
        "no `view`, and there was one at 2026-02-28T09:00Z: nothing undoes it"
      ),
      (
        #"{"not":{"did":"view","within":"7d"}}"#,
        "no `view` within 7d, and there was one at 2026-02-28T09:00Z: by itself at 2026-03-07T09:00Z"
      ),
      (#"{"clicked":"letter"}"#, "the message of `letter` clicked"),
      (#"{"unopened":"letter"}"#, "another message: this one was opened"),
      (#"{"opened":"text"}"#, "the message of `text` opened by a person or clicked (nothing was sent there)"),
      (#"{"answered":"last"}"#, "the run's last message answered"),
      (#"{"consent":"sms"}"#, "his consent to `sms`"),
      (#"{"reachable":"sms"}"#, "an address for `sms` that nothing suppresses"),
      (#"{"weekday":["sat","sun"]}"#, "a day that is sat or sun, by itself at 2026-03-07T00:00Z"),
      (#"{"local_time":"18:00..20:00"}"#, "a local time in 18:00..20:00, by itself at 2026-03-02T18:00Z"),
      (#"{"list":"vip"}"#, "being put on the list `vip`"),
      (#"{"not":{"list":"news"}}"#, "being taken off the list `news`"),
      (#"{"in_chain":"welcome"}"#, "a run of his in the chain `welcome`"),
      (#"{"relation":"spouse"}"#, "a `spouse`"),
      (#"{"of":"trigger","is":{"contact":{"city":"Paris"}}}"#, #"contact.city = "Paris" (it is "Kazan")"#),
      (
        #"{"all":[{"list":"news"},{"list":"vip"},{"consent":"sms"}]}"#,
        "being put on the list `vip` and his consent to `sms`"
      ),
      (#"{"any":[{"list":"vip"},{"consent":"sms"}]}"#, "being put on the list `vip` or his consent to `sms`"),
      (
        #"{"not":{"any":[{"list":"news"},{"reachable":"email"}]}}"#,
        "being taken off the list `news` and no address for `email`, or a suppression of it"
      ),
    ])
  func wishes(_ condition: String, _ expected: String) throws {
    let check = try Scene(condition).check
    #expect(!check.holds)
    #expect(check.wouldHold == expected)
  }

  @Test("names the events that counted and those that did not fit, with the values it compared")
  func evidence() throws {
    let check = try Scene(#"{"did":"view","where":{"category":"iphone"},"times":{">=":3},"within":"90d"}"#).check
    #expect(check.events == [2, 1])
    #expect(check.missed == [3])
    #expect(check.pointer == "/steps/3/only_if")
    #expect(check.condition["did"] == "view")
    // Fewer than three they stay, whatever leaves the window.
    #expect(check.until == nil)
    #expect(check.saw["times"] == 2)
    #expect(check.saw["expected"] == ">= 3")
    #expect(check.saw["newest_of_them"] == ["category": "ipad"])
  }

  @Test("of a condition made of others tells each, where it stands and what it came to")
  func parts() throws {
    let check = try Scene(#"{"all":[{"list":"news"},{"not":{"any":[{"consent":"sms"},{"reachable":"email"}]}}]}"#).check
    #expect(check.parts.map(\.pointer) == ["/steps/3/only_if/all/0", "/steps/3/only_if/all/1"])
    #expect(check.parts.map(\.holds) == [true, false])
    #expect(check.deciding.map(\.pointer) == ["/steps/3/only_if/all/1/not/any/1"])
    #expect(check.deciding.first?.saw == ["reachable": true])
    #expect(check.parts[1].condition == ["not": ["any": [["consent": "sms"], ["reachable": "email"]]]])
  }

  @Test("what an `escalate` stands for is told in the words of the language, at the step's place")
  func escalate() throws {
    let text = """
      {"enter":{"event":"cart"},"steps":[{"escalate":[{"send":"email","template":"a","patience":"1d"},
        {"send":"sms","template":"b"}],"until":"seen","budget":"2.00"}]}
      """
    let result = ChainParser.parse(try JSONDocument(parsing: Array(text.utf8)))
    let chain = try #require(result.chain)
    let view = ScriptedView()
    (view.reachable, view.consented, view.prices) = (["email", "sms"], ["sms"], ["email": "0.10", "sms": "3.50"])
    let cart = EventFact(seq: 1, at: Timestamp(milliseconds: 0), type: "cart", properties: [:])
    var run = RunScope(entering: cart)
    run.marks = [0: cart.moment]
    let explainer = Explainer(
      view: view, run: run, now: Timestamp(milliseconds: 1000), chain: chain, document: try JSONValue(parsing: text))
    guard case .branch(let gate) = chain.program[4].kind else { throw Scene.Unexpected() }
    let check = try explainer.explain(gate.condition, at: chain.program[4].pointer + "/if")
    #expect(!check.holds)
    #expect(check.deciding.map(\.condition) == [["affordable": "sms", "budget": "2.00"]])
    #expect(check.wouldHold == "a budget of at least 3.5 for the messages up to this `sms`")
    #expect(check.deciding.first?.saw == ["cost": .number(try #require(JSONNumber(3.5))), "budget": 2])
    let words = try #require(check.parts.first?.parts.first?.parts.first?.condition)
    #expect(words == ["opened": "0.escalate.0"])
  }
}

@Suite("An explanation and the evaluator")
struct ExplanationPropertyTests {
  @Test("agree on every part of random conditions, and what is said to turn by itself does")
  func agree() throws {
    var seed: UInt64 = 20_260_302
    for _ in 0..<300 {
      let text = Self.condition(&seed, depth: 0)
      let scene = try Scene(text)
      let check = try scene.check
      let evaluator = Evaluator(view: scene.view, run: scene.run, now: scene.now)
      #expect(check.holds == (try evaluator.evaluate(scene.condition).holds), "\(text)")
      try Self.inspect(check, scene, text)
    }
  }

  private static func inspect(_ check: Check, _ scene: Scene, _ text: String) throws {
    #expect(scene.document.value(at: check.pointer) == check.condition, "\(text)")
    #expect((check.wouldHold == nil) == check.holds, "\(text)")
    #expect(check.turn != "", "\(text)")
    switch check.condition.object?.keys.first {
    case "all": #expect(check.holds == check.parts.allSatisfy(\.holds), "\(text)")
    case "any": #expect(check.holds == check.parts.contains(where: \.holds), "\(text)")
    case "not": #expect(check.holds != check.parts[0].holds, "\(text)")
    default: try turns(check, scene, text)
    }
    for part in check.parts { try inspect(part, scene, text) }
  }

  /// A moment that is named for a condition without parts.
  private static func turns(_ check: Check, _ scene: Scene, _ text: String) throws {
    guard let named = check.turn.split(separator: "by itself at ").dropFirst().first else { return }
    let moment = try #require(Timestamp(rfc3339: named.dropLast() + ":00Z"), "\(check.turn)")
    let alone = try Scene(check.condition.text)
    let then = Evaluator(view: alone.view, run: alone.run, now: moment)
    #expect(try then.evaluate(alone.condition).holds != check.holds, "\(text) at \(named)")
  }

  private static func condition(_ seed: inout UInt64, depth: Int) -> String {
    func pick<T>(_ values: [T]) -> T {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return values[Int(seed >> 33) % values.count]
    }
    if depth < 3, pick([true, false]) {
      let parts = (0..<pick([1, 2, 3])).map { _ in condition(&seed, depth: depth + 1) }
      return pick([
        "{\"all\":[\(parts.joined(separator: ","))]}", "{\"any\":[\(parts.joined(separator: ","))]}",
        "{\"not\":\(parts[0])}",
      ])
    }
    return pick([
      #"{"contact":{"city":"Kazan"}}"#, #"{"contact":{"age":{">=":18}}}"#, #"{"trigger":{"total":{"<":1000}}}"#,
      #"{"latest":"view","where":{"category":"ipad"}}"#, #"{"did":"view","within":"40d"}"#,
      #"{"did_not":"view","within":"3d"}"#, #"{"did_not":"view","within":"40d"}"#, #"{"did":"purchase"}"#,
      #"{"did":"view","times":{">=":2},"within":"90d"}"#, #"{"did":"view","times":{"<":2},"within":"90d"}"#,
      #"{"did":"view","avg":{"price":{">":10}},"within":"ever"}"#, #"{"opened":"letter"}"#, #"{"unopened":"any"}"#,
      #"{"consent":"sms"}"#, #"{"reachable":"email"}"#, #"{"weekday":["mon"]}"#, #"{"local_time":"09:00..11:00"}"#,
      #"{"list":"news"}"#, #"{"in_chain":"other"}"#, #"{"relation":"spouse"}"#, #"{"did":"view","since":"pause"}"#,
    ])
  }
}
