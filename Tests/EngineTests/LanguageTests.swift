import Domain
import Engine
import Ingest
import JSON
import SQL
import Testing

@Suite("What chains do beside messages")
struct LanguageTests {
  private func members(_ world: EngineWorld, _ list: String) throws -> [String] {
    try world.query(
      "SELECT c.external_id FROM list_members m JOIN contacts c ON c.id = m.contact WHERE m.list = '\(list)' ORDER BY 1"
    ) { $0.text(0) }
  }

  private func request(_ world: EngineWorld, _ chain: String, _ contact: String, _ properties: JSONObject = [:]) throws
  {
    try world.write { db, now, world in
      let row = try #require(try People().find(contact, db)?.row)
      let event = ChainEvent.request(
        ChainEvent.requested, chain: chain, contact: row, by: "api", properties: properties)
      try world.log.append(own: [event], now: now.milliseconds, db)
    }
  }

  @Test("a list is joined and left, and other chains see it at once")
  func joinsLists() throws {
    let world = try EngineWorld()
    try world.publish(
      "cart",
      #"""
      {"enter":{"event":"cart"},"stop_when":{"did":"purchase"},"at_end":[{"list":"remarketing","add":false}],
       "steps":[{"wait":"1h"},{"list":"remarketing","add":true},{"wait":"1d"}]}
      """#)
    try world.publish(
      "watch",
      #"{"enter":{"event":"cart"},"steps":[{"wait_for":{"list":"remarketing"},"at_most":"2d","then":[{"exit":"seen"}]}]}"#
    )
    try world.happen("cart")
    try world.time("2026-03-02T10:00:00Z")
    #expect(try members(world, "remarketing") == ["ann"])
    #expect(try world.runs == ["active 2", "ended seen 1"])
    try world.happen("purchase")
    #expect(try members(world, "remarketing") == [])
  }

  @Test("`enter` lets the contact into another chain with the same trigger, `leave` ends his runs there")
  func entersAndLeaves() throws {
    let world = try EngineWorld()
    try world.publish(
      "second", #"{"enter":{"api":true},"per":"cart_id","steps":[{"wait":"3d"},{"exit":"late"}]}"#)
    try world.publish(
      "first", #"{"enter":{"event":"cart"},"steps":[{"enter":"second"},{"wait":"1d"},{"leave":"second"}]}"#)
    try world.happen("cart", "ann", ["cart_id": "c1"])
    #expect(try world.query("SELECT key FROM runs ORDER BY id") { $0.text(0) } == ["", "c1"])
    try world.time("2026-03-03T09:00:00Z")
    #expect(try world.runs == ["ended completed 3", "ended left 0"])
  }

  @Test("only a chain with the trigger `api` is entered by a call, and what the call says is the trigger")
  func entersByCall() throws {
    let world = try EngineWorld()
    try world.publish(
      "invited",
      #"{"enter":{"api":true},"only_if":{"trigger":{"seat":{">":10}}},"steps":[{"set":{"seat":{"from":"trigger.seat"}}}]}"#
    )
    try world.publish("closed", #"{"enter":{"event":"cart"},"steps":[{"wait":"1d"}]}"#)
    try world.happen("visit")
    try request(world, "closed", "ann")
    try request(world, "invited", "ann", ["seat": 5])
    #expect(try world.runs == [])
    try request(world, "invited", "ann", ["seat": 12])
    #expect(try world.runs == ["ended completed 1"])
    #expect(try world.query("SELECT attributes FROM contacts") { $0.text(0) } == [#"{"seat":12}"#])
  }

  @Test("chains that lead to each other are stopped by a limit, which is counted")
  func stopsCircles() throws {
    let world = try EngineWorld()
    try world.publish("a", #"{"enter":[{"event":"go"},{"api":true}],"reenter":"always","steps":[{"enter":"b"}]}"#)
    try world.publish("b", #"{"enter":{"api":true},"reenter":"always","steps":[{"enter":"a"}]}"#)
    try world.happen("go")
    #expect(try world.runs.count < 60)
    let stopped = world.counters.chains.filter { $0.key.outcome == "too_often" }.values.reduce(0, +)
    #expect(stopped == 1)
  }

  @Test("what a shop's own events have begun does not count against the limit")
  func countsOwnEntries() throws {
    let world = try EngineWorld()
    try world.publish("a", #"{"enter":[{"event":"go"},{"api":true}],"reenter":"always","steps":[{"exit":"x"}]}"#)
    for _ in 0..<30 { try world.happen("go") }
    for _ in 0..<25 { try request(world, "a", "ann") }
    #expect(try world.runs.count == 54)
    let stopped = world.counters.chains.filter { $0.key.outcome == "too_often" }.values.reduce(0, +)
    #expect(stopped == 1)
  }

  @Test("a trigger enrolls whom a relation names, and conditions ask about both")
  func enrollsRelated() throws {
    let world = try EngineWorld()
    try world.publish(
      "father",
      #"""
      {"enter":{"event":"purchase","where":{"category":"pram"},"enroll":{"relation":"spouse"},"share":["category"]},
       "only_if":{"all":[{"of":"trigger","is":{"did":"visit"}},{"did_not":"visit"}]},
       "steps":[{"wait":"1d"}]}
      """#)
    for name in ["mia", "leo"] { try world.happen("login", name) }
    try world.happen("visit", "mia")
    try world.write { db, now, _ in
      let people = People()
      let mia = try #require(try people.find("mia", db)?.row)
      let leo = try #require(try people.find("leo", db)?.row)
      try Relations().add("spouse", of: mia, to: leo, now: now, db)
    }
    try world.happen("purchase", "mia", ["category": "pram"])
    #expect(
      try world.query(
        "SELECT c.external_id || ' by ' || a.external_id FROM runs r JOIN contacts c ON c.id = r.contact JOIN contacts a ON a.id = r.actor"
      ) { $0.text(0) } == ["leo by mia"])
  }

  @Test("of two triggers that fit one event each enrolls whom it names, and nobody twice")
  func enrollsByEach() throws {
    let world = try EngineWorld()
    try world.publish(
      "both",
      #"""
      {"enter":[{"event":"purchase"},{"event":"purchase","enroll":{"from":"trigger.referrer_id"}},{"event":"purchase"}],
       "reenter":"always","steps":[{"wait":"1d"}]}
      """#)
    try world.happen("login", "ann")
    try world.happen("purchase", "bob", ["referrer_id": "ann"])
    #expect(
      try world.query("SELECT c.external_id FROM runs r JOIN contacts c ON c.id = r.contact ORDER BY r.id") {
        $0.text(0)
      } == ["bob", "ann"])
  }

  @Test("what another did is passed on to another chain only as far as it is shared")
  func passesOnShared() throws {
    let world = try EngineWorld()
    try world.publish(
      "father",
      #"""
      {"enter":{"event":"purchase","enroll":{"from":"trigger.for"},"share":["category"]},
       "steps":[{"enter":"gifts"}]}
      """#)
    try world.publish("gifts", #"{"enter":{"api":true},"steps":[{"wait":"1d"}]}"#)
    try world.happen("login", "leo")
    try world.happen("purchase", "mia", ["for": "leo", "category": "pram", "total": 900])
    let passed = try world.query(
      "SELECT e.properties FROM events e JOIN event_types t ON t.id = e.type WHERE t.name = 'enroll.requested'"
    ) { $0.text(0) }
    #expect(passed.count == 1 && passed[0].contains("pram") && !passed[0].contains("900"), "\(passed)")
  }

  @Test("a trigger enrolls the contact whose id a property is")
  func enrollsReferrer() throws {
    let world = try EngineWorld()
    try world.publish(
      "thanks",
      #"{"enter":{"event":"signup","enroll":{"from":"trigger.referrer_id"}},"steps":[{"set":{"friends":1}}]}"#)
    try world.happen("login", "ann")
    try world.happen("signup", "bob", ["referrer_id": "ann"])
    try world.happen("signup", "eve", ["referrer_id": "nobody"])
    try world.happen("signup", "dan")
    #expect(
      try world.query("SELECT c.external_id FROM runs r JOIN contacts c ON c.id = r.contact") { $0.text(0) } == ["ann"])
  }

  @Test("the variant given is kept, its conversions are counted, and who is held out is counted apart")
  func countsVariants() throws {
    let world = try EngineWorld()
    try world.publish(
      "c",
      #"""
      {"enter":{"event":"cart"},"goal":{"did":"purchase","within":"7d"},"steps":[
        {"split":[{"name":"A","weight":1,"steps":[{"wait":"1h"}]},{"name":"B","weight":1,"steps":[{"wait":"1h"}]}],
         "id":"test"}]}
      """#)
    try world.publish(
      "held",
      #"{"enter":{"event":"cart"},"holdout":"100%","goal":{"did":"purchase","within":"7d"},"steps":[{"wait":"1h"}]}"#
    )
    try world.happen("cart")
    try world.happen("purchase")
    let given = try world.query("SELECT variant FROM variants_given") { $0.text(0) }
    let name = try #require(given.first)
    func figure(_ chain: Int64, _ step: String, _ outcome: String) -> Int64? {
      world.counters.chains[Counters.Key(chain: chain, version: 1, step: step, outcome: outcome)]
    }
    #expect(figure(1, "test", "variant:" + name) == 1 && figure(1, "test", "goal:" + name) == 1)
    #expect(figure(2, "", "held_out") == 1 && figure(2, "", "held_out_goal") == 1 && figure(2, "", "goal") == nil)
  }

  @Test("an offer is shown in its slot until its time is over, the higher priority first")
  func offers() throws {
    let world = try EngineWorld()
    try world.publish(
      "low", #"{"enter":{"event":"cart"},"priority":10,"steps":[{"offer":"banner","template":"b1","for":"3d"}]}"#)
    try world.publish(
      "high", #"{"enter":{"event":"view"},"priority":90,"steps":[{"offer":"banner","template":"b2","for":"1d"}]}"#)
    try world.happen("cart", "ann", ["total": 5])
    try world.happen("view")
    func shown(_ at: String) throws -> [String] {
      let moment = try #require(Timestamp(rfc3339: at))
      nonisolated(unsafe) var templates: [String] = []
      try world.write { db, _, _ in
        templates = try Offers().shown(to: 1, slot: "banner", now: moment, db).map(\.template)
      }
      return templates
    }
    #expect(try shown("2026-03-02T09:00:01Z") == ["b2", "b1"])
    #expect(try shown("2026-03-04T09:00:00Z") == ["b1"])
    #expect(try shown("2026-03-06T09:00:00Z") == [])
  }

  @Test("a run that waits for another chain to end sees it end")
  func seesOtherChains() throws {
    let world = try EngineWorld()
    try world.publish("welcome", #"{"enter":{"event":"signup"},"steps":[{"wait":"1d"}]}"#)
    try world.publish(
      "cart",
      #"""
      {"enter":{"event":"cart"},"steps":[
        {"wait_for":{"not":{"in_chain":"welcome"}},"at_most":"7d","then":[{"exit":"free"}]}]}
      """#)
    try world.happen("signup")
    try world.happen("cart")
    #expect(try world.runs == ["active 0", "active 0"])
    try world.time("2026-03-03T09:00:00Z")
    #expect(try world.runs == ["ended completed 1", "ended free 1"])
  }
}
