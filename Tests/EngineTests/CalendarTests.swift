import Domain
import Engine
import Foundation
import Ingest
import JSON
import SQL
import Testing

/// Contacts who come into chains by time.
@Suite struct CalendarTests {
  private static let birthday =
    #"{"enter":{"date":"birthday","offset":"-3d","at":"10:00"},"steps":[{"exit":"gift"}]}"#

  private static func broadcast(
    _ enter: String = #""schedule":"2026-03-08T10:00","to":{"contact":{"city":"Kazan"}}"#, more: String = ""
  ) -> String {
    #"{\#(more)"enter":{\#(enter)},"reenter":"always","steps":[{"send":"email","template":"a","id":"news"}]}"#
  }

  private func change(
    _ world: EngineWorld, _ chain: String, _ act: @escaping (ChainStore.Stored, Timestamp, Connection) throws -> Void
  ) throws {
    try world.write { db, now, world in
      try act(try #require(try ChainStore().chain(chain, db)), now, db)
      world.catalog.invalidate()
    }
  }

  /// Who came in, and for when he was to.
  private func entries(_ world: EngineWorld) throws -> [String] {
    try world.query(
      """
      SELECT c.external_id || ' ' || strftime('%m-%dT%H:%M:%S', r.entered_at / 1000, 'unixepoch')
      FROM runs r JOIN contacts c ON c.id = r.contact ORDER BY r.id
      """
    ) { $0.text(0) }
  }

  private func late(_ world: EngineWorld) -> Int64 {
    world.counters.chains.filter { $0.key.outcome == "late_entry" }.values.reduce(0, +)
  }

  private func sound(_ world: EngineWorld) throws {
    let db = try Connection(path: world.folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    let notes = AuditNotes()
    for audit in CalendarAudit.audits + RunAudit.audits { try audit.run(db, notes) }
    #expect(notes.findings == [])
  }

  /// Lets every moment come at which something is due, as a server that is up would.
  private func live(_ world: EngineWorld, until text: String) throws {
    let end = try #require(Timestamp(rfc3339: text))
    for _ in 0..<10_000 {
      guard let due = try nextDue(world), due < end else { return try world.time(text) }
      try world.time(due.rfc3339)
    }
    Issue.record("time does not pass")
  }

  private func nextDue(_ world: EngineWorld) throws -> Timestamp? {
    nonisolated(unsafe) var due: Timestamp?
    try world.write { db, _, world in due = try world.engine.nextDue(db) }
    return due
  }

  // MARK: Dates

  @Test("a birthday comes every year, in the contact's own time, three days before")
  func birthdays() throws {
    let world = try EngineWorld()
    // First, so that it is text, which may be a date.
    try world.put("cid", #"{"attributes":{"birthday":"the first of May"}}"#)
    try world.put("ann", #"{"time_zone":"Asia/Tokyo","attributes":{"birthday":"1990-05-08"}}"#)
    try world.publish("gift", Self.birthday)
    try world.put("bob", #"{"attributes":{"birthday":"--06-01"}}"#)
    #expect(try nextDue(world)?.rfc3339 == "2026-05-05T01:00:00.000Z")
    try live(world, until: "2027-06-30T00:00:00Z")
    let expected = ["ann 05-05T01:00:00", "bob 05-29T10:00:00", "ann 05-05T01:00:00", "bob 05-29T10:00:00"]
    #expect(try entries(world) == expected)
    try sound(world)
  }

  @Test("a birthday moved after it came does not come again this year; one moved before it does")
  func moved() throws {
    let world = try EngineWorld()
    try world.publish("gift", Self.birthday)
    try world.put("ann", #"{"attributes":{"birthday":"1990-03-20"}}"#)
    try world.put("bob", #"{"attributes":{"birthday":"1990-03-20"}}"#)
    try world.put("bob", #"{"attributes":{"birthday":"1990-03-25"}}"#)
    try live(world, until: "2026-03-18T00:00:00Z")
    #expect(try entries(world) == ["ann 03-17T10:00:00"])
    try world.put("ann", #"{"attributes":{"birthday":"1990-04-10"}}"#)
    try live(world, until: "2027-04-30T00:00:00Z")
    #expect(
      try entries(world) == [
        "ann 03-17T10:00:00", "bob 03-22T10:00:00", "bob 03-22T10:00:00", "ann 04-07T10:00:00",
      ])
  }

  @Test("a date set when its moment this year is past waits for the next; one taken away comes no more")
  func lateDates() throws {
    let world = try EngineWorld()
    try world.put("ann", #"{"attributes":{"birthday":"1990-03-04"}}"#)
    try world.publish("gift", Self.birthday)
    try world.put("bob", #"{"attributes":{"birthday":"1990-03-04"}}"#)
    try world.put("cid", #"{"attributes":{"birthday":"1990-03-10"}}"#)
    try world.put("cid", #"{"attributes":{"birthday":null}}"#)
    try live(world, until: "2027-03-02T00:00:00Z")
    #expect(try entries(world) == ["ann 03-01T10:00:00", "bob 03-01T10:00:00"])
  }

  @Test("who moves to where his moment has just been comes at once, who moves the other way later")
  func movedHome() throws {
    let world = try EngineWorld()
    try world.publish("gift", Self.birthday)
    try world.put("ann", #"{"time_zone":"UTC","attributes":{"birthday":"1990-03-06"}}"#)
    try world.put("bob", #"{"time_zone":"Asia/Tokyo","attributes":{"birthday":"1990-03-06"}}"#)
    try live(world, until: "2026-03-03T00:30:00Z")
    try world.put("bob", #"{"time_zone":"UTC"}"#)
    try live(world, until: "2026-03-03T05:00:00Z")
    #expect(try entries(world) == [])
    try world.put("ann", #"{"time_zone":"Asia/Tokyo"}"#)
    #expect(try entries(world) == ["ann 03-03T01:00:00"])
    try live(world, until: "2027-03-03T00:00:00Z")
    #expect(try entries(world) == ["ann 03-03T01:00:00", "bob 03-03T10:00:00"])
  }

  @Test("a step that sets the date plans for it, too")
  func setDates() throws {
    let world = try EngineWorld()
    try world.publish("trip", #"{"enter":{"date":"trip","at":"10:00","once":true},"steps":[{"exit":"gone"}]}"#)
    try world.publish(
      "booking", #"{"enter":{"event":"booking"},"steps":[{"set":{"trip":{"from":"trigger.day"}}}]}"#)
    try world.happen("booking", "ann", ["day": "2026-03-08"])
    try live(world, until: "2028-01-01T00:00:00Z")
    #expect(try world.runs == ["ended completed 1", "ended gone 0"])
  }

  @Test("the same trigger in a new version keeps what is planned, another clock time moves it, none takes it away")
  func republished() throws {
    let world = try EngineWorld()
    try world.put("ann", #"{"attributes":{"birthday":"1990-03-11"}}"#)
    try world.publish("gift", Self.birthday)
    try world.publish("gift", Self.birthday.replacing("gift", with: "present"))
    try live(world, until: "2026-03-08T11:00:00Z")
    #expect(try entries(world) == ["ann 03-08T10:00:00"])
    // Later on the same day: his is this year's all the same.
    try world.publish("gift", Self.birthday.replacing("10:00", with: "18:00"))
    try live(world, until: "2027-03-08T19:00:00Z")
    #expect(try entries(world) == ["ann 03-08T10:00:00", "ann 03-08T18:00:00"])
    try world.publish("gift", #"{"enter":{"event":"x"},"steps":[{"exit":"x"}]}"#)
    try live(world, until: "2028-04-01T00:00:00Z")
    #expect(try entries(world).count == 2)
    try world.publish("gift", Self.birthday)
    try live(world, until: "2029-03-09T00:00:00Z")
    #expect(try entries(world).last == "ann 03-08T10:00:00")
    #expect(try entries(world).count == 3)
    try sound(world)
  }

  @Test("killed in the middle of the walk, the server goes on with it; everybody comes once")
  func restarted() throws {
    let world = try EngineWorld(slice: Engine.Slice(events: 50, timers: 3))
    for number in 0..<10 { try world.put("c\(number)", #"{"attributes":{"birthday":"1990-03-11"}}"#) }
    try world.write(once: true) { db, now, world in
      let saved = try ChainStore().save("gift", draft: Self.birthday, now: now, db)
      try ChainStore().publish(saved.stored, now: now, db)
      world.catalog.invalidate()
    }
    #expect(world.engine.hasSlicesLeft)
    #expect(try world.query("SELECT count(*) FROM planned_entries") { $0.int(0) } == [3])
    try world.restart()
    _ = try world.writer.round()
    try world.restart()
    try live(world, until: "2026-03-09T00:00:00Z")
    #expect(try entries(world) == (0..<10).map { "c\($0) 03-08T10:00:00" })
  }

  @Test("a server that slept for three days: `late` decides, and the year is over either way")
  func asleep() throws {
    let world = try EngineWorld()
    try world.publish("gift", Self.birthday)
    try world.publish("card", Self.birthday.replacing(#"{"enter""#, with: #"{"late":"send","enter""#))
    try world.put("ann", #"{"attributes":{"birthday":"1990-03-11"}}"#)
    try world.put("bob", #"{"attributes":{"birthday":"1990-03-13"}}"#)
    try world.restart()
    try world.time("2026-03-11T09:00:00Z")
    // Bob's was a day ago, or less.
    #expect(try entries(world) == ["ann 03-08T10:00:00", "bob 03-10T10:00:00", "bob 03-10T10:00:00"])
    #expect(late(world) == 1)
    try live(world, until: "2027-03-09T00:00:00Z")
    #expect(try entries(world).count == 5)
    try sound(world)
  }

  @Test("who comes in late acts at his moment, before the timers that were due after it")
  func actsInOrder() throws {
    let world = try EngineWorld()
    try world.publish(
      "card",
      #"{"late":"send","enter":{"date":"birthday","at":"10:00"},"steps":[{"set":{"stage":"warm"}}]}"#)
    let look = #"{"if":{"contact":{"stage":"warm"}},"then":[{"exit":"warm"}],"else":[{"exit":"cold"}]}"#
    for (chain, wait) in [("before", "3d"), ("after", "4d")] {
      try world.publish(chain, #"{"enter":{"event":"cart"},"steps":[{"wait":"\#(wait)"},\#(look)]}"#)
    }
    try world.put("ann", #"{"attributes":{"birthday":"1990-03-05"}}"#)
    try world.happen("cart")
    world.clock.set(try #require(Timestamp(rfc3339: "2026-03-10T09:00:00Z")))
    try world.restart()
    try world.settle()
    #expect(try world.runs == ["ended cold 3", "ended warm 2", "ended completed 1"])
  }

  @Test("nobody comes into a paused chain; on resume `late` decides")
  func paused() throws {
    let world = try EngineWorld()
    try world.put("ann", #"{"attributes":{"birthday":"1990-03-11"}}"#)
    try world.put("bob", #"{"attributes":{"birthday":"1990-03-13"}}"#)
    try world.publish("gift", Self.birthday)
    try change(world, "gift") { try ChainStore().pause($0, now: $1, $2) }
    try live(world, until: "2026-03-11T09:00:00Z")
    #expect(try entries(world) == [])
    #expect(try nextDue(world) == nil)
    try sound(world)
    try world.restart()
    try change(world, "gift") { try ChainStore().resume($0, now: $1, $2) }
    #expect(try entries(world) == ["bob 03-10T10:00:00"])
    #expect(late(world) == 1)
    try sound(world)
  }

  @Test("who was said to come in the moment before a pause comes when the chain goes on")
  func pausedInBetween() throws {
    let world = try EngineWorld(slice: Engine.Slice(events: 1, timers: 1))
    try world.put("ann", #"{"attributes":{"birthday":"1990-03-11"}}"#)
    try world.publish("gift", Self.birthday)
    world.clock.set(try #require(Timestamp(rfc3339: "2026-03-08T10:00:00Z")))
    _ = try world.writer.round()
    #expect(!world.engine.isAtEnd)
    try change(world, "gift") { try ChainStore().pause($0, now: $1, $2) }
    #expect(try entries(world) == [])
    try change(world, "gift") { try ChainStore().resume($0, now: $1, $2) }
    #expect(try entries(world) == ["ann 03-08T10:00:00"])
    try live(world, until: "2027-03-09T00:00:00Z")
    #expect(try entries(world).count == 2)
  }

  // MARK: Schedules

  private func kazan(_ world: EngineWorld, _ contacts: [(String, String)]) throws {
    for (name, zone) in contacts {
      try world.put(name, #"{"time_zone":"\#(zone)","attributes":{"city":"Kazan"}}"#)
    }
  }

  @Test("a broadcast comes at each contact's local time, to whom `to` holds at that very moment")
  func broadcasts() throws {
    let world = try EngineWorld()
    try kazan(world, [("ann", "America/New_York"), ("bob", "Asia/Tokyo"), ("cid", "UTC"), ("dan", "UTC")])
    try world.publish("news", Self.broadcast())
    try live(world, until: "2026-03-08T09:59:00Z")
    #expect(try entries(world) == ["bob 03-08T01:00:00"])
    try world.put("dan", #"{"attributes":{"city":"Perm"}}"#)
    try kazan(world, [("eve", "UTC"), ("fay", "Asia/Tokyo")])
    // Whose zone turns out to be another, and is still to come.
    try world.put("ann", #"{"time_zone":"Europe/London"}"#)
    try live(world, until: "2026-03-20T00:00:00Z")
    let expected = ["bob 03-08T01:00:00", "ann 03-08T10:00:00", "cid 03-08T10:00:00", "eve 03-08T10:00:00"]
    #expect(try entries(world) == expected)
    // The day New York's clocks change was that very one: nothing is left.
    #expect(try world.query("SELECT count(*) FROM planned_entries") { $0.int(0) } == [0])
    #expect(try world.query("SELECT state FROM timetables") { $0.text(0) } == ["over"])
    try world.publish("news", Self.broadcast(more: #""note":"again","#))
    try live(world, until: "2026-04-01T00:00:00Z")
    #expect(try entries(world).count == 4)
    try sound(world)
  }

  @Test("a rate spreads those to whom it holds, in the order of contacts")
  func rates() throws {
    let world = try EngineWorld()
    for number in 0..<6 {
      try world.put("c\(number)", #"{"attributes":{"city":"\#(number == 2 ? "Perm" : "Kazan")"}}"#)
    }
    try world.publish(
      "news", Self.broadcast(#""schedule":"2026-03-08T10:00","to":{"contact":{"city":"Kazan"}},"rate":"6/h""#))
    try live(world, until: "2026-03-08T10:15:00Z")
    #expect(try entries(world) == ["c0 03-08T10:00:00", "c1 03-08T10:10:00"])
    // His place is kept for him, and `to` is asked again when it comes.
    try world.put("c4", #"{"attributes":{"city":"Perm"}}"#)
    try world.restart()
    try live(world, until: "2026-03-09T00:00:00Z")
    let rest = ["c3 03-08T10:20:00", "c5 03-08T10:40:00"]
    #expect(try entries(world) == ["c0 03-08T10:00:00", "c1 03-08T10:10:00"] + rest)
    try sound(world)
  }

  @Test("after hours of downtime a rate holds all the same")
  func ratesAfterSleep() throws {
    let world = try EngineWorld()
    try kazan(world, (0..<4).map { ("c\($0)", "UTC") })
    try world.publish(
      "news", Self.broadcast(#""schedule":"2026-03-08T10:00","to":{"contact":{"city":"Kazan"}},"rate":"6/h""#))
    try live(world, until: "2026-03-08T10:05:00Z")
    try world.restart()
    try world.time("2026-03-08T14:00:00Z")
    #expect(try entries(world).count == 2)
    try live(world, until: "2026-03-09T00:00:00Z")
    #expect(try entries(world).suffix(2) == ["c2 03-08T14:10:00", "c3 03-08T14:20:00"])
  }

  @Test("what is every week comes every week, and after a long sleep once")
  func weekly() throws {
    let world = try EngineWorld()
    try kazan(world, [("ann", "UTC"), ("bob", "America/New_York")])
    // On a Monday at 09:00 UTC.
    try world.publish("news", Self.broadcast(#""every":["mon 06:00","wed 10:00"],"to":{"contact":{"city":"Kazan"}}"#))
    try live(world, until: "2026-03-06T00:00:00Z")
    #expect(try entries(world) == ["bob 03-02T11:00:00", "ann 03-04T10:00:00", "bob 03-04T15:00:00"])
    try world.restart()
    try world.time("2026-03-30T06:30:00Z")
    #expect(try entries(world).dropFirst(3) == ["ann 03-30T06:00:00"])
    #expect(late(world) == 0)
    try live(world, until: "2026-03-31T00:00:00Z")
    #expect(try entries(world).dropFirst(4) == ["bob 03-30T10:00:00"])
    try sound(world)
  }

  @Test("a chain that is archived, or has another time now, sends nothing of what was planned")
  func withdrawn() throws {
    let world = try EngineWorld()
    try kazan(world, [("ann", "UTC")])
    try world.publish("news", Self.broadcast())
    try world.publish("more", Self.broadcast())
    try live(world, until: "2026-03-08T09:00:00Z")
    try change(world, "news") { try ChainStore().archive($0, now: $1, $2) }
    try world.publish("more", Self.broadcast(#""schedule":"2026-03-08T12:00","to":{"contact":{"city":"Kazan"}}"#))
    try live(world, until: "2026-03-20T00:00:00Z")
    #expect(try entries(world) == ["ann 03-08T12:00:00"])
    // Out of the archive, long past.
    try change(world, "news") { try ChainStore().publish($0, now: $1, $2) }
    try live(world, until: "2026-04-01T00:00:00Z")
    #expect(try entries(world).count == 1)
    try sound(world)
  }

  @Test("what came before at the same instant acts first, and the run's own conditions see the time it was due")
  func instants() throws {
    let world = try EngineWorld()
    try world.put("ann", #"{"attributes":{"birthday":"1990-03-08"}}"#)
    try world.publish(
      "gift",
      #"{"enter":{"date":"birthday","at":"10:00"},"only_if":{"did":"visit"},"steps":[{"if":{"local_time":"10:00..10:01"},"then":[{"exit":"yes"}],"else":[{"exit":"no"}]}]}"#
    )
    try world.restart()
    world.clock.set(try #require(Timestamp(rfc3339: "2026-03-08T10:00:00Z")))
    try world.happen("visit")
    #expect(try world.runs.map { $0.prefix(9) } == ["ended yes"])
    // An hour late: decided as if it were then.
    world.clock.set(try #require(Timestamp(rfc3339: "2027-03-08T11:00:00Z")))
    try world.settle()
    #expect(try world.runs.map { $0.prefix(9) } == ["ended yes", "ended yes"])
  }

  @Test("a clock that was set back holds up no event for an entry that is not due yet")
  func survivesClockSetBack() throws {
    let world = try EngineWorld(at: "2026-03-03T15:10:00Z")
    try world.publish("birthday", #"{"enter":{"date":"birthday","at":"09:50"},"steps":[{"exit":"gift"}]}"#)
    try world.publish("seen", #"{"enter":{"event":"view"},"reenter":"always","steps":[{"exit":"seen"}]}"#)
    try world.happen("view", "bob")
    // The log accepts as of 15:10 still; the entry is due at 14:50.
    world.clock.set(try #require(Timestamp(rfc3339: "2026-03-03T14:40:00Z")))
    try world.put("eve", #"{"attributes":{"birthday":"1990-03-03"},"time_zone":"America/New_York"}"#)
    try world.happen("view", "bob")
    #expect(try world.query("SELECT count(*) FROM runs WHERE reason = 'seen'") { $0.int(0) } == [2])
    try world.time("2026-03-03T14:50:00Z")
    #expect(try world.query("SELECT count(*) FROM runs WHERE reason = 'gift'") { $0.int(0) } == [1])
  }
}
