import Domain
import Engine
import Foundation
import Ingest
import JSON
import SQL
import Testing

@testable import Rehearsal

@Suite("A rehearsal")
struct RehearsalTests {
  private static let chain = """
    {"enter": {"event": "cart"}, "only_if": {"did_not": "purchase", "within": "30d"}, "reenter": "after 3d", "steps": [
      {"wait": "1h"}, {"send": "email", "template": "letter", "id": "first"},
      {"wait_for": {"opened": "first"}, "at_most": "1d", "then": [{"send": "sms", "template": "letter", "id": "second"}]}]}
    """
  private static let setting: WorldSetting = {
    var setting = Story.setting
    setting.rules.channels["email"] = ChannelPolicy(price: "0.10")
    setting.rules.channels["sms"] = ChannelPolicy(price: "3.5")
    return setting
  }()

  /// Ann leaves a cart and opens the letter, Bob bought before and leaves a cart.
  private func lived() throws -> Story {
    let story = try Story(Self.chain, setting: Self.setting)
    try story.put("bob", "{\"email\":\"bob@shop.example\"}")
    try story.happen("purchase", contact: "bob")
    try story.world.move(to: story.moment("1d"))
    try story.happen("cart", ["total": 5], contact: "ann")
    try story.happen("cart", ["total": 5], contact: "bob")
    try story.world.move(to: story.moment("26h"))
    #expect(try story.world.tell(.opened, of: "first", "ann"))
    try story.world.live(until: story.moment("5d"))
    return story
  }

  private func rehearse(
    _ story: Story, _ document: String = chain, from: String = "0h", to: String = "5d", path: String = ":memory:",
    setting: WorldSetting = setting,
    isOver: @escaping () -> Bool = { false }
  ) throws -> RehearsalFigures {
    let number = try story.world.db.first("SELECT number FROM chains WHERE id = 'chain'", []) { $0.int(0) }
    let run = try RehearsalRun(
      RehearsalWish(
        number: number ?? 0, chain: "chain", document: document, from: story.moment(from), to: story.moment(to)),
      OpenPast(db: story.world.db), templates: ["letter": "{\"text\":\"Hello\"}"],
      RehearsalRun.Conditions(setting: setting, path: path, isOver: isOver))
    try run.run()
    return try run.figures()
  }

  @Test("it counts who came in and what left, by hour, channel and price, and changes nothing")
  func counts() throws {
    let story = try lived()
    let before = try dump(story.world.db)
    let figures = try rehearse(story)
    #expect((figures.entries, figures.messages, figures.inside) == (1, 2, 0))
    #expect(figures.hours.map(\.hour) == [story.moment("25h"), story.moment("26h")])
    #expect(figures.channels.map { "\($0.channel) \($0.messages) \($0.price)" } == ["email 1 1000", "sms 1 35000"])
    #expect(figures.json["price"]?.string == "3.60")
    #expect(figures.samples.map(\.contact) == ["ann"])
    #expect(figures.samples.first?.lines.contains { $0.what["send"]?.string == "sms" } == true)
    #expect(figures.assumed.count == 2)
    #expect(try dump(story.world.db) == before)
  }

  @Test("what was before is known, and starts nothing")
  func past() throws {
    let story = try lived()
    let figures = try rehearse(story, from: "12h")
    #expect(figures.entries == 1)
    let late = try rehearse(story, from: "25h")
    #expect(late.entries == 0)
    #expect(late.assumed.contains { $0.hasPrefix("nobody was inside the chain when the rehearsal begins; then") })
  }

  @Test("a draft's letters were never opened, and the answer says so")
  func assumed() throws {
    let story = try lived()
    let draft = Self.chain.replacing("\"first\"", with: "\"other\"")
    let figures = try rehearse(story, draft)
    #expect(figures.messages == 1)
    #expect(figures.assumed.contains { $0.hasPrefix("1 of 1 messages were never sent in that time") })
  }

  @Test("a letter that leaves at another time was opened when it was")
  func moved() throws {
    let story = try lived()
    #expect(try rehearse(story, Self.chain.replacing("\"1h\"", with: "\"90m\"")).messages == 2)
    // Opened before it would have been sent.
    #expect(try rehearse(story, Self.chain.replacing("\"1h\"", with: "\"3h\"")).messages == 1)
  }

  @Test("other chains that wrote to the same people are told")
  func overlaps() throws {
    let story = try Story(Self.chain, setting: Self.setting)
    try story.world.publish(
      "other", "{\"enter\": {\"event\": \"cart\"}, \"steps\": [{\"send\": \"email\", \"template\": \"letter\"}]}")
    try story.happen("cart")
    try story.world.live(until: story.moment("5d"))
    let figures = try rehearse(story)
    #expect(figures.overlap == [RehearsalFigures.Overlap(chain: "other", contacts: 1, messages: 1)])
  }

  @Test("it lives in a file as in memory, and ends when it is told to")
  func inFile() throws {
    let story = try lived()
    let path = NSTemporaryDirectory() + "zveno-rehearsal-\(UInt64.random(in: 0 ... .max)).tmp"
    defer { ScratchFile.remove(path) }
    #expect(try rehearse(story, path: path).messages == 2)
    var asked = 0
    #expect(throws: WorldError.self) {
      try rehearse(story) {
        asked += 1
        return asked > 4
      }
    }
  }

  @Test("enrolments of others and calls come with the past")
  func enrolments() throws {
    let chain = """
      {"enter": [{"api": true}, {"event": "wish", "enroll": {"relation": "spouse"}}],
       "steps": [{"send": "email", "template": "letter"}]}
      """
    let story = try Story(chain, setting: Self.setting)
    try story.put("bob", "{\"email\":\"bob@shop.example\"}")
    try story.world.perform { db, now in
      guard let ann = try People().find("ann", db)?.row, let bob = try People().find("bob", db)?.row else { return }
      try Relations().add("spouse", of: bob, to: ann, now: now, db)
    }
    try story.world.move(to: story.moment("1h"))
    try story.world.enroll("bob", into: "chain")
    try story.world.move(to: story.moment("2h"))
    try story.happen("wish", contact: "bob")
    try story.world.live(until: story.moment("5d"))
    #expect(story.world.sent.map(\.contact) == ["bob", "ann"])
    let figures = try rehearse(story, chain)
    #expect((figures.entries, figures.messages) == (2, 2))
  }

  @Test("a broadcast comes by its own clock, and what was opened then is opened")
  func broadcasts() throws {
    let chain = """
      {"enter": {"every": "day 10:00", "to": {"did": "cart", "within": "30d"}}, "reenter": "always", "steps": [
        {"send": "email", "template": "letter", "id": "daily"},
        {"wait_for": {"opened": "daily"}, "at_most": "2h", "then": [{"send": "sms", "template": "letter"}]}]}
      """
    let story = try Story(chain, setting: Self.setting)
    try story.put("bob", "{\"email\":\"bob@shop.example\"}")
    try story.happen("cart")
    try story.world.move(to: story.moment("26h"))
    #expect(try story.world.tell(.opened, of: "daily", "ann"))
    try story.world.live(until: story.moment("72h"))
    #expect(story.sent == ["60m daily ann", "1500m daily ann", "1560m 1.then.0 ann", "2940m daily ann"])
    let figures = try rehearse(story, chain, to: "72h")
    #expect((figures.entries, figures.messages) == (3, 4))
    #expect(figures.assumed.count == 2)
  }

  @Test("what the gate looks at is there, though the chain does not name it")
  func quiet() throws {
    let chain =
      "{\"enter\": {\"event\": \"cart\"}, \"steps\": [{\"wait\": \"1h\"}, {\"send\": \"email\", \"template\": \"letter\"}]}"
    var setting = Self.setting
    setting.rules.quietAfter = ["purchase": Span(days: 1)]
    let story = try Story(chain, setting: setting)
    try story.happen("cart")
    try story.world.move(to: story.moment("30m"))
    try story.happen("purchase")
    try story.world.live(until: story.moment("3d"))
    #expect(story.sent == ["1470m 1 ann"])
    let figures = try rehearse(story, chain, to: "3d", setting: setting)
    #expect((figures.messages, figures.capped) == (1, 1))
    #expect(figures.hours.map(\.hour) == [story.moment("24h")])
  }

  @Test("a slot of a cap that two chains want goes to the draft that matters more, and the other chain's letter waits")
  func slots() throws {
    let letter =
      #"{"enter":{"event":"cart"},"priority":60,"steps":[{"wait":"1h"},{"send":"email","template":"letter"}]}"#
    var setting = Self.setting
    setting.rules.caps = [FrequencyCap(channels: ["email"], limit: 1, per: Span(days: 7))]
    let story = try Story(letter, setting: setting)
    try story.world.publish("other", letter.replacing("60", with: "50"))
    try story.happen("cart")
    try story.world.live(until: story.moment("5d"))
    #expect(story.world.sent.map(\.chain) == ["chain"])
    for (priority, messages, capped) in [("60", 1, 0), ("40", 0, 1)] {
      let figures = try rehearse(story, letter.replacing("60", with: priority), setting: setting)
      #expect((figures.messages, figures.capped) == (Int64(messages), Int64(capped)))
      #expect(figures.assumed.contains { $0.hasPrefix("caps' slots are given anew") })
    }
  }

  private func dump(_ db: Connection) throws -> [String] {
    let tables = try db.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") { $0.text(0) }
    return try tables.flatMap { table in
      try db.query("SELECT * FROM \"\(table)\"") { "\(table) \($0.values)" }
    }
  }
}
