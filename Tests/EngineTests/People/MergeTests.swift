import Domain
import Ingest
import JSON
import Migrations
import SQL
import Testing

@testable import Engine

@Suite struct MergeTests {
  private let visitor = ContactKeys(anonymousID: "browser")

  @Test("the event that names a visitor and a contact sees the history of both as one")
  func oneHistory() throws {
    let world = try EngineWorld()
    try world.publish(
      "keen",
      #"{"name":"Keen","enter":{"event":"login"},"only_if":{"did":"view","times":{">=":9}},"#
        + #""steps":[{"wait":"1h"}]}"#)
    try world.happen("view", "ann")
    // More than the timeline keeps in the order of the log.
    for _ in 1...8 { try world.happen("view", visitor) }
    try world.happen("login", "ann")
    #expect(try world.runs == [])
    try world.happen("login", ContactKeys(id: "ann", anonymousID: "browser"))
    #expect(try world.runs == ["active 0"])
    #expect(try world.findings() == [])
  }

  @Test("a run that waits for what a visitor did goes on when he turns out to be its contact")
  func wakes() throws {
    let world = try EngineWorld()
    try world.publish(
      "wait",
      #"{"name":"W","enter":{"event":"signup"},"steps":[{"wait_for":{"did":"view","within":"5d"},"#
        + #""at_most":"2d","then":[{"exit":"seen"}],"else":[]}]}"#)
    try world.happen("signup", "ann")
    try world.happen("view", visitor)
    #expect(try world.runs == ["active 0"])
    try world.merge("anonymous:browser", into: "ann")
    #expect(try world.runs == ["ended seen 1"])
  }

  @Test("who has given his id is never merged with another who has, whatever they share")
  func family() throws {
    let world = try EngineWorld()
    try world.happen("view", ContactKeys(id: "ann", email: "home@shop.example", anonymousID: "browser"), ["n": 1])
    try world.happen("view", ContactKeys(id: "bob", email: "home@shop.example", anonymousID: "browser"), ["n": 2])
    try world.happen("view", visitor, ["n": 3])
    try world.put("bob", #"{"email":"home@shop.example"}"#)
    #expect(try world.history("ann") == [1])
    #expect(try world.history("bob") == [2, 3])
    #expect(try world.query("SELECT 1 FROM merged_contacts") { $0.int(0) } == [])
  }

  @Test("a browser in common does not make one person of a subscriber and of who used it last")
  func sharedBrowser() throws {
    let world = try EngineWorld()
    try world.happen("view", ContactKeys(id: "ann", anonymousID: "browser"), ["n": 1])
    try world.happen("view", ContactKeys(email: "bob@shop.example", anonymousID: "browser"), ["n": 2])
    try world.happen("view", ContactKeys(email: "bob@shop.example", anonymousID: "browser"), ["n": 3])
    #expect(try world.history("ann") == [1])
    #expect(try world.history("email:bob@shop.example") == [2, 3])
  }

  @Test("by a call two with ids become one, and either id leads to him")
  func byCall() throws {
    let world = try EngineWorld()
    try world.put("ann", #"{"attributes":{"city":"Kazan"},"time_zone":"Europe/Moscow"}"#)
    try world.put(
      "ann2",
      #"{"email":"ann@shop.example","locale":"ru","attributes":{"city":"Perm","age":30},"addresses":{"vk":"7"}}"#)
    for n in 1...5 { try world.happen("view", n % 2 == 0 ? "ann" : "ann2", ["n": .number(JSONNumber(n))]) }
    try world.merge("ann2", into: "ann")
    try world.happen("view", "ann2", ["n": 6])
    #expect(try world.history("ann") == [1, 2, 3, 4, 5, 6])
    #expect(try world.history("ann2") == [1, 2, 3, 4, 5, 6])
    let profiles = try world.query("SELECT external_id, email, locale, time_zone, attributes, addresses FROM contacts")
    {
      $0.values.map { "\($0)" }
    }
    #expect(profiles.count == 1)
    let card = try #require(try world.query("SELECT * FROM contacts") { try People.read($0) }.first)
    #expect(card.publicID == "ann")
    #expect(card.attributes == ["city": "Kazan", "age": 30])
    #expect(card.address(for: "vk") == "7")
    #expect(card.email == "ann@shop.example")
    #expect(card.locale == "ru")
    #expect(try world.findings() == [])
    // And what was asked of both ways round comes to nothing.
    try world.merge("ann", into: "ann2")
    #expect(try world.history("ann").count == 6)
  }

  @Test("the stricter consent holds, as a proof of its own")
  func consents() throws {
    let world = try EngineWorld()
    try world.put("ann", #"{"consents":{"email":true,"sms":false,"vk":true}}"#)
    try world.put("bob", #"{"consents":{"email":false,"sms":true,"push":true}}"#)
    try world.merge("bob", into: "ann")
    let held = try world.query("SELECT channel || ' ' || granted FROM consents ORDER BY channel") { $0.text(0) }
    #expect(held == ["email 0", "push 1", "sms 0", "vk 1"])
    let proofs = try world.query(
      "SELECT channel || ' ' || granted || ' ' || coalesce(source, '') FROM consent_proofs ORDER BY id"
    ) { $0.text(0) }
    #expect(
      proofs == [
        "email 1 api", "sms 0 api", "vk 1 api", "email 0 api", "sms 1 api", "push 1 api", "email 0 merge",
        "sms 0 merge",
      ])
    #expect(try world.query("SELECT count(DISTINCT contact) FROM consent_proofs") { $0.int(0) } == [1])
  }

  @Test("of two runs with one key the older lives, the other ends and its message is withdrawn")
  func rivals() throws {
    let world = try EngineWorld(channels: ["email": ChannelPolicy(hours: ClockSpan("20:00..21:00"))])
    try world.publish(
      "cart",
      #"{"name":"C","enter":{"event":"cart"},"per":"cart_id","steps":[{"send":"email","template":"a","id":"letter"},"#
        + #"{"wait":"1d"}]}"#)
    try world.happen("cart", visitor, ["cart_id": "k1"])
    try world.happen("cart", "ann", ["cart_id": "k1"])
    try world.happen("cart", "ann", ["cart_id": "k2"])
    try world.happen("cart", visitor, ["cart_id": "k3"])
    try world.happen("login", ContactKeys(id: "ann", anonymousID: "browser"))
    let runs = try world.runs
    #expect(runs == ["active 0", "ended merged 0", "active 0", "active 0"])
    #expect(
      try world.messages == ["letter planned", "letter skipped merged", "letter planned", "letter planned"])
    #expect(try world.query("SELECT DISTINCT contact FROM runs") { $0.int(0) }.count == 1)
    #expect(try world.query("SELECT DISTINCT contact FROM messages") { $0.int(0) }.count == 1)
    // And he does not come in again.
    try world.happen("cart", "ann", ["cart_id": "k1"])
    #expect(try world.runs.count == 4)
    #expect(try world.findings() == [])
  }

  @Test("who was in a chain once in either life is not let in again")
  func onceInALife() throws {
    let world = try EngineWorld()
    try world.publish(
      "welcome", #"{"name":"W","enter":{"event":"signup"},"reenter":"never","steps":[{"set":{"stage":"new"}}]}"#)
    try world.happen("signup", visitor)
    try world.happen("signup", "ann")
    try world.happen("signup", ContactKeys(id: "ann", anonymousID: "browser"))
    #expect(try world.query("SELECT once FROM runs ORDER BY id") { $0.int(0) } == [1, 0])
    #expect(try world.findings() == [])
  }

  @Test("lists, relations, variants and offers are the survivor's")
  func rows() throws {
    let world = try EngineWorld()
    try world.publish(
      "show",
      #"{"name":"S","enter":{"event":"view"},"reenter":"always","steps":[{"offer":"banner","template":"a","for":"3d"}]}"#
    )
    try world.happen("view", "ann")
    try world.happen("view", "bob")
    try world.happen("view", "eve")
    try world.write { db, now, _ in
      func row(_ id: String) throws -> Int64 { try People().find(id, db)?.row ?? 0 }
      try Lists().set(row("bob"), on: "vip", true, now: now, db)
      try Lists().set(row("ann"), on: "vip", true, now: now + 1, db)
      try Relations().add("spouse", of: row("ann"), to: row("bob"), now: now, db)
      try Relations().add("friend", of: row("eve"), to: row("bob"), now: now, db)
      try Relations().add("friend", of: row("bob"), to: row("eve"), now: now, db)
      for (id, variant) in [("ann", "A"), ("bob", "B")] {
        try Variants().give(variant, of: "0", to: row(id), chain: 1, db)
      }
    }
    try world.merge("bob", into: "ann")
    let ann = try #require(try world.query("SELECT id FROM contacts WHERE external_id = 'ann'") { $0.int(0) }.first)
    let eve = try #require(try world.query("SELECT id FROM contacts WHERE external_id = 'eve'") { $0.int(0) }.first)
    #expect(
      try world.query("SELECT contact, added_at FROM list_members") { [$0.int(0), $0.int(1)] }
        == [[ann, world.clock.now]])
    #expect(
      try world.query("SELECT contact, kind, other FROM relations ORDER BY contact") {
        "\($0.int(0)) \($0.text(1)) \($0.int(2))"
      } == ["\(ann) friend \(eve)", "\(eve) friend \(ann)"])
    #expect(
      try world.query("SELECT contact, variant FROM variants_given") { "\($0.int(0)) \($0.text(1))" } == ["\(ann) A"])
    #expect(try world.query("SELECT contact FROM offers ORDER BY contact") { $0.int(0) } == [ann, eve])
  }

  @Test("a birthday that either had comes once, and the one he lacked comes too")
  func birthdays() throws {
    let world = try EngineWorld(at: "2026-03-01T09:00:00Z")
    try world.publish(
      "birthday", #"{"name":"B","enter":{"date":"birthday","at":"10:00"},"steps":[{"exit":"done"}]}"#)
    try world.put("ann", "{}")
    try world.put("bob", #"{"attributes":{"birthday":"1990-03-05"}}"#)
    try world.put("eve", #"{"attributes":{"birthday":"1990-03-05"}}"#)
    try world.merge("bob", into: "ann")
    try world.merge("eve", into: "ann")
    #expect(try world.findings() == [])
    try world.time("2026-03-05T10:00:00Z")
    let runs = try world.runs
    #expect(runs == ["ended done 0"])
    try world.time("2026-03-06T10:00:00Z")
    #expect(try world.runs.count == 1)
  }

  @Test("what the log says of somebody who was merged meanwhile is the survivor's")
  func unactedEvents() throws {
    let world = try EngineWorld()
    try world.publish("hello", #"{"name":"H","enter":{"api":true},"steps":[{"wait":"1d"}]}"#)
    try world.happen("view", "ann")
    try world.happen("view", visitor)
    try world.write { db, now, world in
      let other = try #require(try People().find("anonymous:browser", db)?.row)
      let ann = try #require(try People().find("ann", db)?.row)
      try world.log.append(
        own: [
          ContactEvent.merge(other, into: ann, by: .call),
          ChainEvent.request(ChainEvent.requested, chain: "hello", contact: other, by: "api"),
        ], now: now.milliseconds, db)
    }
    let ann = try #require(try world.query("SELECT id FROM contacts") { $0.int(0) }.first)
    #expect(try world.query("SELECT contact FROM runs") { $0.int(0) } == [ann])
    // After a restart, too.
    try world.restart()
    try world.write { db, now, world in
      let gone = try #require(try db.first("SELECT contact FROM merged_contacts") { $0.int(0) })
      try world.log.append(own: [ContactEvent.updated(gone, fields: [])], now: now.milliseconds, db)
    }
    #expect(try world.findings() == [])
  }

  @Test("the number of who is gone is never another's")
  func numbers() throws {
    let world = try EngineWorld()
    try world.happen("view", "ann")
    try world.happen("view", visitor)
    try world.merge("anonymous:browser", into: "ann")
    try world.happen("view", "bob")
    #expect(try world.query("SELECT id FROM contacts ORDER BY id") { $0.int(0) } == [1, 3])
  }

  @Test("every table that names a contact is known to merges")
  func tables() throws {
    let db = try TestStore().db
    let tables = try db.query(
      """
      SELECT t.name FROM sqlite_schema t WHERE t.type = 'table' AND EXISTS (
        SELECT 1 FROM pragma_table_info(t.name) c WHERE c.name = 'contact') ORDER BY t.name
      """, []
    ) { $0.text(0) }
    let known = Set(MergedRows.moves.map(\.table)).union(MergedRows.elsewhere.keys)
    #expect(Set(tables).subtracting(known) == [], "say in MergedRows what a merge does with them")
  }

  @Test("a very long history is one for every question at once, and in the table after a few slices")
  func longHistory() throws {
    let db = try Connection(path: ":memory:", mode: .writer)
    try Migrator(Migrations.all).migrate(db)
    var settings = Timeline.Settings()
    settings.rowsPerSlice = 1_000
    let timeline = try Timeline(db, settings: settings)
    try db.transaction {
      for seq in 1...Int64(25_000) {
        try db.run(
          "INSERT INTO timeline (contact, type, at, seq) VALUES (7, $1, $2, $2)", [.int(seq % 2), .int(seq)])
      }
      try db.run("INSERT INTO timeline (contact, type, at, seq) VALUES (1, 0, 24990, 30000)")
      let hasRest = try timeline.merge(7, into: 1, db)
      #expect(hasRest)
      try timeline.merged.record(7, into: 1, at: 0, hasRest: hasRest, db)
    }
    func rows(_ contact: Int64) throws -> Int64 {
      try db.first("SELECT count(*) FROM timeline WHERE contact = $1", [.int(contact)]) { $0.int(0) } ?? 0
    }
    #expect(try rows(1) == 2 * Int64(TimelineEvents.limit) + 1)
    var slices = 0
    while try db.transaction({ try timeline.moveSlice(db) }) { slices += 1 }
    #expect(slices == 6)
    #expect(try rows(1) == 25_001)
    #expect(try rows(7) == 0)
  }
}
