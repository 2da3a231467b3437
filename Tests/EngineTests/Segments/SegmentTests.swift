import Domain
import Engine
import JSON
import SQL
import Testing

@Suite("Segments keep themselves")
struct SegmentTests {
  @Test("an event lets a contact in, another out, and each is said once")
  func followsEvents() throws {
    let world = try EngineWorld()
    try world.save("buyers", #"{"all":[{"did":"purchase"},{"did_not":"refund"}]}"#)
    try world.happen("view")
    #expect(try world.members("buyers") == [])
    try world.happen("purchase")
    try world.happen("purchase")
    #expect(try world.members("buyers") == ["ann"])
    try world.happen("refund")
    #expect(try world.members("buyers") == [])
    #expect(try world.moves == ["segment.entered buyers event 09:00", "segment.left buyers event 09:00"])
  }

  @Test("time alone lets contacts in and out, at its own moment and not a look later")
  func followsTime() throws {
    let world = try EngineWorld()
    try world.save("recent", #"{"did":"view","within":"2d"}"#)
    try world.save("asleep", #"{"silence":"view","for":"3d"}"#)
    try world.happen("view")
    #expect(try world.members("recent") == ["ann"])
    try world.time("2026-03-04T08:59:59Z")
    #expect(try world.members("recent") == ["ann"])
    try world.time("2026-03-04T09:00:00Z")
    #expect(try world.members("recent") == [])
    // The server has slept: what was due is said for the moment at which it was.
    try world.time("2026-03-08T12:00:00Z")
    #expect(try world.members("asleep") == ["ann"])
    #expect(
      try world.moves == [
        "segment.entered recent event 09:00", "segment.left recent time 09:00", "segment.entered asleep time 09:00",
      ])
    try world.happen("view")
    #expect(try world.members("asleep") == [])
    #expect(try world.members("recent") == ["ann"])
  }

  @Test("an event that puts the moment off is no entry, and the moment put off is kept")
  func putsOff() throws {
    let world = try EngineWorld()
    try world.save("recent", #"{"did":"view","within":"2d"}"#)
    try world.happen("view")
    try world.time("2026-03-03T09:00:00Z")
    try world.happen("view")
    try world.time("2026-03-04T09:00:00Z")
    #expect(try world.members("recent") == ["ann"])
    try world.time("2026-03-05T09:00:00Z")
    #expect(try world.members("recent") == [])
    #expect(try world.moves.count == 2)
  }

  @Test("who fulfils it at the first look is a member and has not entered; who comes later has")
  func firstLook() throws {
    let world = try EngineWorld()
    try world.happen("purchase", "ann")
    try world.happen("view", "bob")
    try world.save("buyers", #"{"did":"purchase"}"#)
    #expect(try world.members("buyers") == ["ann"])
    #expect(try world.moves == [])
    try world.happen("purchase", "bob")
    #expect(try world.moves == ["segment.entered buyers event 09:00"])
    #expect(try world.stored("buyers").members == 2)
  }

  @Test("another condition finds its members anew, and nobody enters or leaves by that")
  func edited() throws {
    let world = try EngineWorld()
    for contact in ["ann", "bob"] { try world.happen("view", contact) }
    try world.happen("purchase", "ann")
    try world.save("s", #"{"did":"purchase"}"#)
    #expect(try world.members("s") == ["ann"])
    try world.save("s", #"{"did_not":"purchase"}"#)
    #expect(try world.members("s") == ["bob"])
    #expect(try world.moves == [])
    #expect(try world.stored("s").members == 1)
    try world.happen("purchase", "bob")
    #expect(try world.members("s") == [])
    #expect(try world.moves == ["segment.left s event 09:00"])
  }

  @Test("a contact of whom the first is heard is asked by all segments")
  func newContact() throws {
    let world = try EngineWorld()
    try world.save("quiet", #"{"did_not":"purchase"}"#)
    try world.save("kazan", #"{"contact":{"city":"Kazan"}}"#)
    try world.happen("visit", "ann")
    try world.put("bob", #"{"attributes":{"city":"Kazan"}}"#)
    #expect(try world.members("quiet") == ["ann", "bob"])
    #expect(try world.members("kazan") == ["bob"])
  }

  @Test("attributes, time zones, lists and other segments are followed too")
  func followsOthers() throws {
    let world = try EngineWorld()
    try world.save("vip", #"{"any":[{"list":"friends"},{"contact":{"vip":true}}]}"#)
    try world.save("sleepy-vip", #"{"all":[{"segment":"vip"},{"silence":"view","for":"1d"}]}"#)
    try world.happen("view")
    try world.time("2026-03-04T09:00:00Z")
    #expect(try world.members("sleepy-vip") == [])
    try world.put("ann", #"{"attributes":{"vip":true}}"#)
    #expect(try world.members("vip") == ["ann"])
    #expect(try world.members("sleepy-vip") == ["ann"])
    try world.put("ann", #"{"attributes":{"vip":null}}"#)
    #expect(try world.members("sleepy-vip") == [])
  }

  @Test("a day ends where the contact is: another time zone moves the moment")
  func movesWithTheZone() throws {
    let world = try EngineWorld()
    try world.save("sunday", #"{"weekday":"sun"}"#)
    try world.put("ann", #"{"time_zone":"Europe/Moscow"}"#)
    try world.time("2026-03-07T21:00:00Z")
    #expect(try world.members("sunday") == ["ann"])
    try world.put("ann", #"{"time_zone":"America/New_York"}"#)
    #expect(try world.members("sunday") == [])
    try world.time("2026-03-08T05:00:00Z")
    #expect(try world.members("sunday") == ["ann"])
  }

  @Test("a chain begins for whoever falls into a segment later, and for whoever falls out")
  func startsChains() throws {
    let world = try EngineWorld()
    try world.happen("purchase", "old")
    try world.save("buyers", #"{"did":"purchase","within":"2d"}"#)
    try world.publish("hello", #"{"enter":{"segment":"buyers"},"steps":[{"wait":"1h"}]}"#)
    try world.publish("bye", #"{"enter":{"segment":"buyers","on":"leave"},"steps":[{"wait":"30d"}]}"#)
    #expect(try world.inside == [])
    try world.happen("purchase", "ann")
    #expect(try world.inside == ["hello ann"])
    try world.time("2026-03-04T09:00:00Z")
    #expect(try world.inside == ["bye old", "bye ann"])
  }

  @Test("`when` begins a chain at the moment its condition becomes true, and not for those for whom it was")
  func startsWhen() throws {
    let world = try EngineWorld()
    try world.happen("visit", "old")
    try world.time("2026-03-12T09:00:00Z")
    try world.happen("visit", "ann")
    try world.publish("wake", #"{"enter":{"when":{"silence":"visit","for":"7d"}},"steps":[{"wait":"1h"}]}"#)
    try world.time("2026-03-19T08:59:59Z")
    #expect(try world.inside == [])
    try world.time("2026-03-19T09:00:00Z")
    #expect(try world.inside == ["wake ann"])
    #expect(
      try world.query("SELECT entered_at FROM runs") { Timestamp(milliseconds: $0.int(0)).rfc3339 } == [
        "2026-03-19T09:00:00.000Z"
      ])
  }

  @Test("`existing` takes those for whom it is true when the chain is published, as fast as `rate` says")
  func existing() throws {
    let world = try EngineWorld()
    for contact in ["ann", "bob", "cid"] { try world.happen("purchase", contact) }
    try world.save("buyers", #"{"did":"purchase"}"#)
    try world.publish(
      "hello", #"{"enter":{"segment":"buyers","existing":true,"rate":"1/h"},"steps":[{"wait":"30d"}]}"#)
    #expect(try world.inside == ["hello ann"])
    try world.happen("purchase", "dan")
    #expect(try world.inside == ["hello ann", "hello dan"])
    try world.time("2026-03-02T10:00:00Z")
    #expect(try world.inside == ["hello ann", "hello dan", "hello bob"])
    try world.time("2026-03-03T09:00:00Z")
    #expect(try world.inside == ["hello ann", "hello dan", "hello bob", "hello cid"])
    // The next version of the chain asks nobody twice.
    try world.publish(
      "hello",
      #"{"reenter":"always","enter":{"segment":"buyers","existing":true,"rate":"1/h"},"steps":[{"wait":"31d"}]}"#)
    try world.time("2026-03-04T09:00:00Z")
    #expect(try world.inside.count == 4)
  }

  @Test("a run that waits for a segment goes on when its contact falls into it")
  func waitedFor() throws {
    let world = try EngineWorld()
    try world.save("buyers", #"{"did":"purchase","times":{">=":2}}"#)
    try world.publish(
      "c",
      #"{"enter":{"event":"cart"},"steps":[{"wait_for":{"segment":"buyers"},"at_most":"7d","then":[{"exit":"bought"}]}]}"#
    )
    try world.happen("cart")
    try world.happen("purchase")
    #expect(try world.runs == ["active 0"])
    try world.happen("purchase")
    #expect(try world.runs.first?.hasPrefix("ended bought") == true)
  }

  @Test("events that are loaded later make members and start nothing")
  func history() throws {
    let world = try EngineWorld()
    try world.save("buyers", #"{"did":"purchase"}"#)
    try world.publish("hello", #"{"enter":{"segment":"buyers"},"steps":[{"wait":"1h"}]}"#)
    try world.happen("visit")
    try world.happen("purchase", at: "2026-01-01T00:00:00Z")
    #expect(try world.members("buyers") == ["ann"])
    #expect(try world.inside == [])
    #expect(try world.moves == [])
  }

  @Test("a kill in the middle of the first look, and it goes on where it was")
  func killedWhileComputing() throws {
    let world = try EngineWorld(slice: Engine.Slice(events: 2000, timers: 3))
    for number in 1...20 { try world.happen(number.isMultiple(of: 2) ? "purchase" : "view", "c\(number)") }
    try world.save("buyers", #"{"did":"purchase"}"#, once: true)
    #expect(try world.stored("buyers").state == .computing)
    #expect(try (1...19).contains(world.stored("buyers").walked))
    try world.restart()
    try world.happen("purchase", "c19")
    #expect(try world.stored("buyers").state == .live)
    #expect(try world.members("buyers").count == 11)
    #expect(try world.stored("buyers").members == 11)
  }

  @Test("while its members are looked for, conditions that name it are answered all the same")
  func askedWhileComputing() throws {
    let world = try EngineWorld(slice: Engine.Slice(events: 2000, timers: 1))
    try world.publish(
      "c", #"{"enter":{"event":"cart"},"only_if":{"segment":"buyers"},"steps":[{"wait":"1h"}]}"#)
    for number in 1...9 { try world.happen("purchase", "c\(number)") }
    try world.save("buyers", #"{"did":"purchase"}"#, once: true)
    try world.happen("cart", "c9")
    #expect(try world.inside == ["c c9"])
  }

  @Test("what other chains do and what segments have said can be asked for, too")
  func followsChainsAndSegments() throws {
    let world = try EngineWorld()
    try world.save("inside", #"{"in_chain":"c"}"#)
    try world.save("vip", #"{"did":"purchase"}"#)
    try world.save("new-vip", #"{"did":"segment.entered","where":{"segment":"vip"},"within":"1d"}"#)
    try world.publish("c", #"{"enter":{"event":"cart"},"steps":[{"wait":"1h"}]}"#)
    try world.happen("cart")
    try world.happen("purchase")
    #expect(try world.members("inside") == ["ann"])
    #expect(try world.members("new-vip") == ["ann"])
    try world.time("2026-03-02T10:00:00Z")
    #expect(try world.members("inside") == [])
    try world.time("2026-03-03T09:00:00Z")
    #expect(try world.members("new-vip") == [])
  }

  @Test("what falls due at one moment is asked in its order: an answer never rests on one that is over")
  func dueTogether() throws {
    let world = try EngineWorld()
    try world.save("a", #"{"did":"purchase"}"#)
    try world.save("b", #"{"did":"view","within":"1d"}"#)
    // The one that asks is the older.
    try world.save("a", #"{"all":[{"segment":"b"},{"did_not":"view","within":"1d"}]}"#)
    try world.happen("view")
    try world.time("2026-03-03T09:00:00Z")
    #expect(try world.moves == ["segment.entered b event 09:00", "segment.left b time 09:00"])
  }

  @Test("other `when` triggers before it, and one is still the same: nobody comes in twice")
  func sameWhen() throws {
    let world = try EngineWorld()
    try world.happen("purchase")
    let existing = #"{"when":{"did":"purchase"},"existing":true}"#
    try world.publish("c", #"{"reenter":"always","enter":\#(existing),"steps":[{"wait":"30d"}]}"#)
    #expect(try world.inside == ["c ann"])
    let other = #"{"when":{"did":"refund"}}"#
    try world.publish("c", #"{"reenter":"always","enter":[\#(other),\#(existing)],"steps":[{"wait":"31d"}]}"#)
    #expect(try world.inside == ["c ann"])
    try world.happen("refund")
    #expect(try world.inside == ["c ann", "c ann"])
  }

  @Test("a contact who cannot be asked holds up nobody")
  func unreadable() throws {
    let world = try EngineWorld()
    try world.save("recent", #"{"did":"view","within":"1d"}"#)
    for contact in ["ann", "bob"] { try world.happen("view", contact, ["sku": "a"]) }
    try world.write { db, _, _ in
      try db.run("UPDATE contacts SET attributes = '{oops' WHERE external_id = 'ann'")
    }
    try world.time("2026-03-03T09:00:00Z")
    #expect(try world.members("recent") == ["ann"])
    #expect(try world.query("SELECT count(*) FROM memberships WHERE due_at IS NOT NULL") { $0.int(0) } == [0])
  }

  @Test("one that is deleted lets its members go, and another may have its name")
  func deleted() throws {
    let world = try EngineWorld()
    try world.happen("purchase")
    try world.save("s", #"{"any":[{"did":"purchase"},{"did":"view","within":"2d"}]}"#)
    try world.write { db, _, world in
      try SegmentStore().delete("s", db)
      world.catalog.invalidate()
    }
    try world.time("2026-03-05T00:00:00Z")
    #expect(try world.query("SELECT count(*) FROM memberships") { $0.int(0) } == [0])
    try world.save("s", #"{"did":"purchase"}"#)
    #expect(try world.members("s") == ["ann"])
  }
}
