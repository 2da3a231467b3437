import Domain
import Engine
import Foundation
import JSON
import SQL
import Testing

@Suite("The engine over a real file")
struct EngineTests {
  private static let cart = """
    {"enter":{"event":"cart"},"per":"cart_id","stop_when":{"did":"purchase"},
     "goal":{"did":"purchase","within":"7d","value":"total"},
     "steps":[{"wait":"8h","id":"pause"},{"send":"email","template":"a","id":"reminder"},{"wait":"1d"}]}
    """

  @Test("an event starts a run, its time plans a message, and the funnel counts both")
  func walks() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    try world.happen("cart", "ann", ["cart_id": "c1"])
    #expect(try world.runs == ["active 0"])
    try world.time("2026-03-02T16:59:59Z")
    #expect(try world.messages == [])
    try world.time("2026-03-02T17:00:00Z")
    #expect(try world.messages == ["reminder planned"])
    let key = Counters.Key(chain: 1, version: 1, step: "reminder", outcome: "planned")
    #expect(world.counters.chains[key] == 1)
  }

  @Test("a purchase in the middle of a wait ends the run and reaches the goal with its value")
  func stops() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    try world.happen("cart", "ann", ["cart_id": "c1"])
    try world.happen("purchase", "ann", ["total": "1999.90"])
    #expect(try world.runs == ["ended stopped 0"])
    #expect(world.counters.chains[Counters.Key(chain: 1, version: 1, step: "", outcome: "goal")] == 1)
    #expect(world.counters.chains[Counters.Key(chain: 1, version: 1, step: "", outcome: "goal_value")] == 19_999_000)
  }

  @Test("a run that cannot be decided is ended, and the others go on")
  func endsWhatCannotBeDecided() throws {
    let world = try EngineWorld()
    try world.publish(
      "c",
      #"{"enter":{"event":"cart"},"at_end":[{"list":"over","add":true}],"steps":[{"wait":"1h"},{"exit":"done"}]}"#)
    try world.happen("cart", "ann", ["total": 1])
    try world.happen("cart", "bob", ["total": 2])
    try world.write { db, _, _ in try db.run("UPDATE events SET properties = '{' WHERE seq = 1") }
    try world.time("2026-03-02T10:00:00Z")
    #expect(try world.runs == ["ended error 0", "ended done 1"])
  }

  @Test("a purchase while the message is planned takes the message back")
  func withdraws() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    try world.happen("cart", "ann", ["cart_id": "c1"])
    try world.time("2026-03-02T17:00:00Z")
    try world.happen("purchase")
    #expect(try world.messages == ["reminder skipped stopped"])
    #expect(try world.query("SELECT count(*) FROM runs WHERE state = 'active'") { $0.int(0) } == [0])
  }

  @Test("one run per contact and key, another for another key")
  func keysRuns() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    for id in ["c1", "c1", "c2"] { try world.happen("cart", "ann", ["cart_id": .string(id)]) }
    try world.happen("cart", "bob", ["cart_id": "c1"])
    #expect(try world.runs.count == 3)
  }

  @Test(
    "who may come in again is what `reenter` says",
    arguments: [
      ("never", ["ended completed 1"]), ("after_exit", ["ended completed 1", "ended completed 1"]),
      ("after 3d", ["ended completed 1"]), ("after 1h", ["ended completed 1", "ended completed 1"]),
    ])
  func reenters(_ rule: String, _ expected: [String]) throws {
    let world = try EngineWorld()
    try world.publish("c", #"{"enter":{"event":"view"},"reenter":"\#(rule)","steps":[{"wait":"1h"}]}"#)
    try world.happen("view")
    try world.happen("view")
    try world.time("2026-03-02T10:00:00Z")
    try world.happen("view")
    try world.time("2026-03-02T12:00:00Z")
    #expect(try world.runs == expected)
  }

  @Test("`restart` ends the run that is inside and begins anew, `always` lets both run")
  func restarts() throws {
    for (rule, expected) in [
      ("restart", ["ended restarted 0", "active 0"]), ("always", ["active 0", "active 0"]),
    ] {
      let world = try EngineWorld()
      try world.publish("c", #"{"enter":{"event":"view"},"reenter":"\#(rule)","steps":[{"wait":"1h"}]}"#)
      try world.happen("view")
      try world.happen("view")
      #expect(try world.runs == expected)
    }
  }

  @Test("history that is loaded starts nothing and wakes nothing, but counts")
  func loadsHistory() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    try world.publish(
      "v", #"{"enter":{"event":"view"},"only_if":{"did":"cart"},"steps":[{"wait":"1h"}]}"#)
    try world.happen("cart", "ann", ["cart_id": "c1"], at: "2026-02-01T00:00:00Z")
    #expect(try world.runs == [])
    try world.happen("view")
    #expect(try world.runs.count == 1)
  }

  @Test("a paused chain keeps every run where it is, and on resume what fell due acts once")
  func pauses() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    try world.happen("cart", "ann", ["cart_id": "c1"])
    try world.change("cart") { try ChainStore().pause($0, now: $1, $2) }
    try world.happen("cart", "bob", ["cart_id": "c2"])
    try world.time("2026-03-02T18:00:00Z")
    #expect(try world.messages == [])
    #expect(try world.runs == ["active 0"])
    try world.change("cart") { try ChainStore().resume($0, now: $1, $2) }
    #expect(try world.messages == ["reminder planned"])
  }

  @Test("a purchase ends a run in a paused chain, too, and nothing more happens to it on resume")
  func stopsWhilePaused() throws {
    let world = try EngineWorld()
    let steps = #"[{"wait":"8h"},{"set":{"stage":"warm"}},{"send":"email","template":"a"}]"#
    try world.publish("cart", #"{"enter":{"event":"cart"},"stop_when":{"did":"purchase"},"steps":\#(steps)}"#)
    try world.happen("cart")
    try world.change("cart") { try ChainStore().pause($0, now: $1, $2) }
    try world.time("2026-03-02T18:00:00Z")
    try world.happen("purchase")
    try world.change("cart") { try ChainStore().resume($0, now: $1, $2) }
    #expect(try world.runs == ["ended stopped 0"])
    #expect(try world.query("SELECT attributes FROM contacts") { $0.text(0) } == ["{}"])
  }

  @Test("amounts that no money has are counted up to a limit and stop nothing")
  func boundsMoney() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    for (contact, total) in [("ann", 12), ("bob", 922_337_203_685_477), ("cid", 922_337_203_685_477)] {
      try world.happen("cart", contact, ["cart_id": "c1"])
      try world.happen("purchase", contact, ["total": .number(JSONNumber(total))])
    }
    let key = Counters.Key(chain: 1, version: 1, step: "", outcome: "goal_value")
    #expect(world.counters.chains[key] == 1_000_000_000_000_000_000)
    try world.restart()
    #expect(world.counters.chains[key] == 1_000_000_000_000_000_000)
  }

  @Test("numbers that are equal are one key, and long keys differ beyond where they are cut")
  func comparesKeys() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    let long = String(repeating: "x", count: 400)
    for id in [1, .number(JSONNumber(text: "1.0") ?? 0), .string(long + "a"), .string(long + "b")] as [JSONValue] {
      try world.happen("cart", "ann", ["cart_id": id])
    }
    #expect(try world.runs.count == 3)
  }

  @Test("what fell due long ago while the chain was paused is skipped as late, not sent")
  func skipsLateAfterPause() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    try world.happen("cart", "ann", ["cart_id": "c1"])
    try world.change("cart") { try ChainStore().pause($0, now: $1, $2) }
    try world.time("2026-03-05T18:00:00Z")
    try world.change("cart") { try ChainStore().resume($0, now: $1, $2) }
    #expect(try world.messages == ["reminder skipped late"])
  }

  @Test("an archived chain ends its runs and takes back what they had planned")
  func archives() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    try world.happen("cart", "ann", ["cart_id": "c1"])
    try world.time("2026-03-02T17:00:00Z")
    try world.change("cart") { try ChainStore().archive($0, now: $1, $2) }
    #expect(try world.runs == ["ended archived 1"])
    #expect(try world.messages == ["reminder skipped archived"])
  }

  @Test("a new version takes new runs, those inside finish on theirs")
  func pinsVersions() throws {
    let world = try EngineWorld()
    try world.publish("c", #"{"enter":{"event":"view"},"steps":[{"wait":"1h"},{"exit":"old"}]}"#)
    try world.happen("view", "ann")
    try world.publish("c", #"{"enter":{"event":"view"},"steps":[{"wait":"2h"},{"exit":"new"}]}"#)
    try world.happen("view", "bob")
    try world.time("2026-03-02T12:00:00Z")
    #expect(try world.runs == ["ended old 1", "ended new 1"])
  }

  @Test("after a restart the log is read to its end before an overdue timer acts")
  func catchesUpFirst() throws {
    let world = try EngineWorld()
    try world.publish("cart", Self.cart)
    try world.happen("cart", "ann", ["cart_id": "c1"])
    // Accepted in the last moment before the end, not yet read by the engine.
    let db = try Connection(path: world.folder.appending(path: "zveno.sqlite").path, mode: .writer)
    try db.execute(
      """
      INSERT OR IGNORE INTO event_types (id, name, accepted) VALUES (99, 'purchase', 1);
      INSERT INTO events (seq, accepted_at, at, type, external_id)
        SELECT max(seq) + 1, max(accepted_at) + 1, max(accepted_at) + 1, 99, 'ann' FROM events;
      """)
    db.close()
    world.clock.set(try #require(Timestamp(rfc3339: "2026-03-02T20:00:00Z")))
    try world.restart()
    try world.settle()
    #expect(try world.runs == ["ended stopped 0"])
    #expect(try world.messages == [])
  }

  @Test("`set` changes the contact, and a chain that waits for the change goes on")
  func setsAttributes() throws {
    let world = try EngineWorld()
    try world.publish("c", #"{"enter":{"event":"view"},"steps":[{"set":{"stage":"warm"}},{"wait":"1h"}]}"#)
    try world.happen("view")
    #expect(try world.query("SELECT attributes FROM contacts") { $0.text(0) } == [#"{"stage":"warm"}"#])
  }
}

extension EngineWorld {
  func change(_ id: String, _ act: @escaping (ChainStore.Stored, Timestamp, Connection) throws -> Void) throws {
    try write { db, now, world in
      let stored = try #require(try ChainStore().chain(id, db))
      try act(stored, now, db)
      world.catalog.invalidate()
    }
  }
}
