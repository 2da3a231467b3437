import Domain
import Engine
import JSON
import SQL
import Testing

/// Chains that are edited while people are inside.
@Suite("Live edits")
struct EditTests {
  private static let mail = #"{"send":"email","template":"a","id":"mail"}"#

  private func chain(_ steps: String, more: String = "") -> String {
    #"{"enter":{"event":"cart"},\#(more)"steps":[\#(steps)]}"#
  }

  private func standing(_ world: EngineWorld) throws -> [String] {
    let sql = """
      SELECT version || ' ' || step || ' ' || state || coalesce(' ' || reason, '') || ' '
        || coalesce(strftime('%H:%M', due_at / 1000, 'unixepoch'), '-') FROM runs ORDER BY id
      """
    return try world.query(sql) { $0.text(0) }
  }

  private func pause(_ world: EngineWorld) throws {
    try world.write { db, now, world in
      try ChainStore().pause(try #require(try ChainStore().chain("cart", db)), now: now, db)
      world.catalog.invalidate()
    }
  }

  private func resume(_ world: EngineWorld) throws {
    try world.write { db, now, world in
      try ChainStore().resume(try #require(try ChainStore().chain("cart", db)), now: now, db)
      world.catalog.invalidate()
    }
  }

  /// The first message leaves.
  private func send(_ world: EngineWorld) throws {
    try world.write { db, _, _ in
      try db.run("UPDATE messages SET status = 'sent', sent_at = planned_at, due_at = NULL WHERE id = 1")
    }
    try world.happen("message.sent", "ann", message: 1)
  }

  private func check(_ world: EngineWorld) throws {
    try world.write { db, _, _ in
      for audit in RunAudit.audits {
        let notes = AuditNotes()
        try audit.run(db, notes)
        #expect(notes.findings == [])
      }
    }
  }

  @Test("pinned, the runs inside finish on their version, and new ones walk the next")
  func pins() throws {
    let world = try EngineWorld()
    try world.publish("cart", chain(#"{"wait":"1h"},{"exit":"old"}"#))
    try world.happen("cart", "ann")
    try world.publish("cart", chain(#"{"wait":"3h"},{"exit":"new"}"#))
    try world.happen("cart", "bob")
    try world.time("2026-03-02T10:00:00Z")
    #expect(try standing(world) == ["1 1 ended old -", "2 0 active 12:00"])
    try check(world)
  }

  @Test("a changed wait is due at its start plus the new length, at once if that is past")
  func changesWaits() throws {
    let world = try EngineWorld()
    try world.publish("cart", chain(#"{"wait":"8h"},{"exit":"enough"}"#))
    try world.happen("cart", "ann")
    try world.time("2026-03-02T12:00:00Z")
    try world.happen("cart", "bob")
    try world.publish("cart", chain(#"{"wait":"2h"},{"exit":"enough"}"#), runs: .follow)
    #expect(try standing(world) == ["2 1 ended enough -", "2 0 active 14:00"])
    try check(world)
  }

  @Test("what an edit makes due at once is not late")
  func isNotLate() throws {
    let world = try EngineWorld()
    try world.publish("cart", chain(#"{"wait":"10d","id":"w"},"# + Self.mail))
    try world.happen("cart", "ann")
    try world.time("2026-03-09T09:00:00Z")
    try world.publish("cart", chain(#"{"wait":"1d","id":"w"},"# + Self.mail), runs: .follow)
    #expect(try world.messages == ["mail planned"])
  }

  @Test("the planned letter of a step that says something else now is planned anew, and counted once")
  func replans() throws {
    let world = try EngineWorld(channels: ["email": ChannelPolicy(), "sms": ChannelPolicy()])
    try world.publish("cart", chain(Self.mail))
    try world.happen("cart", "ann")
    try world.publish("cart", chain(#"{"wait":"1h"},{"send":"sms","template":"b","id":"mail"}"#), runs: .follow)
    let rows = "SELECT version || ' ' || step || ' ' || channel || ' ' || template || ' ' || status FROM messages"
    #expect(try world.query(rows) { $0.text(0) } == ["2 1 sms b planned"])
    #expect(try standing(world) == ["2 1 active -"])
    let figures = world.counters.chains.filter { $0.key.step == "mail" && $0.key.outcome == "planned" }
    #expect(figures.filter { $0.value != 0 }.map(\.key.version) == [2])
    #expect(world.counters.messages.filter { $0.value != 0 }.map { "\($0.key.channel) \($0.value)" } == ["sms 1"])
    try check(world)
  }

  @Test("the planned letter of a deleted step is taken back, and the run goes on with the next step")
  func withdraws() throws {
    let world = try EngineWorld()
    try world.publish("cart", chain(Self.mail + #",{"wait":"1h","id":"w"}"#))
    try world.happen("cart", "ann")
    try world.publish("cart", chain(#"{"wait":"1h","id":"w"}"#), runs: .follow)
    #expect(try world.messages == ["mail skipped step_deleted"])
    #expect(try standing(world) == ["2 0 active 10:00"])
    try check(world)
  }

  @Test("a letter that was sent is known by its step, though others have come before it; it is not sent twice")
  func knowsLetters() throws {
    let world = try EngineWorld()
    let opened = #"{"wait":"1d","id":"w"},{"if":{"opened":"mail"},"then":[{"exit":"read"}]}"#
    try world.publish("cart", chain(Self.mail + "," + opened))
    try world.happen("cart", "ann")
    try send(world)
    try world.happen("message.opened", "ann", message: 1)
    let other = #"{"send":"email","template":"b","id":"other"},{"set":{"x":1}},"#
    try world.publish("cart", chain(other + opened + "," + Self.mail), runs: .follow)
    #expect(try standing(world) == ["2 2 active 09:00"])
    try world.time("2026-03-03T09:00:00Z")
    #expect(try standing(world) == ["2 4 ended read -"])
    #expect(try world.messages == ["mail sent"])
    let unread = try EngineWorld()
    try unread.publish("cart", chain(Self.mail + "," + opened))
    try unread.happen("cart", "ann")
    try send(unread)
    try unread.publish("cart", chain(opened + "," + Self.mail), runs: .follow)
    try unread.time("2026-03-03T09:00:00Z")
    #expect(try standing(unread) == ["2 4 ended completed -"])
    #expect(try unread.messages == ["mail sent"])
  }

  @Test("a new reason to stop holds from then on")
  func stops() throws {
    let world = try EngineWorld()
    try world.publish("cart", chain(#"{"wait":"8h"}"#))
    try world.happen("cart", "ann")
    try world.happen("purchase", "ann")
    try world.publish("cart", chain(#"{"wait":"8h"}"#, more: #""stop_when":{"did":"purchase"},"#), runs: .follow)
    #expect(try standing(world) == ["2 0 ended stopped -"])
  }

  @Test("runs go over a slice a round; a kill in the middle changes nothing, and events act meanwhile")
  func goesInSlices() throws {
    let contacts = ["ann", "bob", "cid", "dan", "eve"]
    let world = try EngineWorld(slice: Engine.Slice(timers: 2))
    let wait = #"{"wait_for":{"did":"purchase"},"at_most":"8h","id":"w"},{"exit":"#
    try world.publish("cart", chain(wait + #""old"}"#))
    for contact in contacts { try world.happen("cart", contact) }
    try world.publish("cart", chain(#"{"set":{"x":1}},"# + wait + #""new"}"#), runs: .follow, once: true)
    #expect(try world.query("SELECT count(*) FROM runs WHERE version = 2") { $0.int(0) } == [2])
    try world.restart()
    try world.happen("purchase", "ann")
    try world.settle()
    try world.happen("purchase", "eve")
    #expect(try standing(world).first == "2 2 ended new -")
    #expect(try standing(world).last == "2 2 ended new -")
    #expect(try world.query("SELECT count(*) FROM runs WHERE version = 2") { $0.int(0) } == [5])
    #expect(try world.query("SELECT count(*) FROM version_moves") { $0.int(0) } == [0])
    try check(world)
  }

  @Test("in a paused chain the runs take their new places and stay there until it goes on")
  func followsPaused() throws {
    let world = try EngineWorld()
    try world.publish("cart", chain(#"{"wait":"1h","id":"w"},"# + Self.mail))
    try world.happen("cart", "ann")
    try pause(world)
    try world.time("2026-03-02T11:00:00Z")
    try world.publish("cart", chain(Self.mail), runs: .follow)
    #expect(try world.messages == [])
    #expect(try standing(world) == ["2 0 active -"])
    try check(world)
    try world.time("2026-03-02T12:00:00Z")
    try resume(world)
    #expect(try world.messages == ["mail planned"])
    try check(world)
  }

  @Test("a wait that an edit has put a parked run at lasts as long as it says")
  func followsParkedIntoWait() throws {
    let world = try EngineWorld()
    let wait = #"{"wait":"45m","id":"v"},"# + Self.mail
    try world.publish("cart", chain(#"{"wait":"1h","id":"w"},"# + wait))
    try world.happen("cart", "ann")
    try pause(world)
    try world.time("2026-03-02T11:00:00Z")
    try world.publish("cart", chain(wait), runs: .follow)
    try resume(world)
    #expect(try world.messages == [])
    #expect(try standing(world) == ["2 0 active 11:45"])
    try world.time("2026-03-02T11:45:00Z")
    #expect(try world.messages == ["mail planned"])
    try check(world)
  }

  @Test("restarted, a run ends and begins anew with the event that it began with")
  func restarts() throws {
    let world = try EngineWorld()
    let goal = #""goal":{"did":"purchase","within":"7d"},"per":"cart_id","reenter":"never","#
    try world.publish("cart", chain(Self.mail + #",{"wait":"1h"}"#, more: goal))
    try world.happen("cart", "ann", ["cart_id": "k"])
    try world.time("2026-03-02T09:30:00Z")
    try world.publish("cart", chain(#"{"wait":"2h"},"# + Self.mail, more: goal), runs: .restart)
    #expect(try standing(world) == ["1 0 ended restarted -", "2 0 active 11:30"])
    #expect(try world.messages == ["mail skipped restarted"])
    let kept = "SELECT count(DISTINCT trigger_seq || key || contact || goal_until) FROM runs"
    #expect(try world.query(kept) { $0.int(0) } == [1])
    try world.time("2026-03-02T11:30:00Z")
    #expect(try world.messages == ["mail skipped restarted", "mail planned"])
    try world.happen("cart", "ann", ["cart_id": "k"])
    #expect(try world.runs.count == 2)
    try check(world)
  }

  @Test("a run whose event is gone ends, and does not begin anew")
  func cannotRestart() throws {
    let world = try EngineWorld()
    try world.publish("cart", chain(#"{"wait":"1h"}"#))
    try world.happen("cart", "ann")
    try world.write { db, _, _ in try db.run("DELETE FROM events WHERE seq = 1") }
    try world.publish("cart", chain(#"{"wait":"2h"}"#), runs: .restart)
    #expect(try standing(world) == ["1 0 ended restarted -"])
  }

  @Test("rolled back, the earlier document is the next version, and a draft stays one")
  func rollsBack() throws {
    let world = try EngineWorld()
    try world.publish("cart", chain(#"{"wait":"1h"}"#))
    try world.publish("cart", chain(#"{"wait":"5h"}"#))
    try world.happen("cart", "ann")
    let draft = chain(#"{"wait":"9h"}"#)
    try world.write { db, now, world in
      let saved = try ChainStore().save("cart", draft: draft, now: now, db).stored
      #expect(try ChainStore().rollBack(saved, to: 1, runs: .follow, now: now, db) == 3)
      #expect(try ChainStore().rollBack(saved, to: 7, now: now, db) == nil)
      world.catalog.invalidate()
    }
    #expect(try standing(world) == ["3 0 active 10:00"])
    #expect(try world.query("SELECT draft FROM chains") { $0.text(0) } == [draft])
  }
}
