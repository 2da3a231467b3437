import Domain
import Engine
import Ingest
import JSON
import SQL
import Testing

@testable import Rehearsal

/// What a rehearsal asks of contacts as they were then.
@Suite struct ThenTests {
  /// A day after the cart it looks.
  private static func chain(_ condition: String) -> String {
    #"""
    {"enter":{"event":"cart"},"steps":[{"wait":"24h"},{"list":"seen","add":true},
      {"if":\#(condition),"then":[{"send":"email","template":"letter","id":"yes"}],
       "else":[{"send":"email","template":"letter","id":"no"}]}]}
    """#
  }

  private func put(_ story: Story, on list: String, _ isMember: Bool, contact: String = "ann") throws {
    try story.world.perform { db, now in
      guard let row = try People().find(contact, db)?.row else { return }
      #expect(try Lists().set(row, on: list, isMember, now: now, db))
      try story.world.log.append(
        own: [ContactEvent.updated(row, fields: ["lists." + list])], now: now.milliseconds, db)
    }
  }

  private func rehearse(_ story: Story, _ document: String) throws -> (sent: [String], assumed: [String]) {
    let number = try story.world.db.first("SELECT number FROM chains WHERE id = 'chain'", []) { $0.int(0) }
    let run = try RehearsalRun(
      RehearsalWish(
        number: number ?? 0, chain: "chain", document: document, from: Story.start, to: story.moment("5d")),
      OpenPast(db: story.world.db), templates: ["letter": "{\"text\":\"Hello\"}"],
      RehearsalRun.Conditions(setting: Story.setting))
    try run.run()
    let sent = try run.world.db.query(
      "SELECT label FROM messages WHERE sent_at IS NOT NULL AND id > \(Scratch.firstOwn) ORDER BY id"
    ) { $0.text(0) }
    return (sent, try run.figures().assumed)
  }

  @Test(arguments: [
    ([0, 30], ["yes"]), ([0, 20], ["no"]), ([20, 30], ["yes"]), ([30], ["no"]), ([-1, 30], ["yes"]),
  ])
  func `who was on a list then is on it in the rehearsal, whatever he is now`(
    _ hours: [Int], _ expected: [String]
  ) throws {
    let document = Self.chain(#"{"list":"vip"}"#)
    let story = try Story(document)
    // He was on it before there was anything to remember.
    if hours.first == -1 { try put(story, on: "vip", true) }
    try story.world.move(to: story.moment("1m"))
    try story.happen("cart")
    var isMember = hours.first == -1
    for hour in hours where hour >= 0 {
      try story.world.move(to: story.moment("\(hour * 60 + 2)m"))
      isMember.toggle()
      try put(story, on: "vip", isMember)
    }
    try story.world.live(until: story.moment("5d"))
    #expect(story.world.sent.map(\.step) == expected)
    let rehearsed = try rehearse(story, document)
    #expect(rehearsed.sent == expected)
    #expect(rehearsed.assumed.count == 2)
  }

  @Test func `what the chain itself has done to a list it does again, and has not done before`() throws {
    let document = Self.chain(#"{"list":"seen"}"#)
    let first = document.replacing(
      #"{"list":"seen","add":true},"#,
      with: #"{"if":{"list":"seen"},"then":[{"exit":"again"}]},{"list":"seen","add":true},"#)
    let story = try Story(first)
    try story.happen("cart")
    try story.world.live(until: story.moment("5d"))
    #expect(story.world.sent.map(\.step) == ["yes"])
    #expect(try rehearse(story, first).sent == ["yes"])
  }

  @Test(arguments: [("2h", "30h", ["yes"]), ("2h", "3h", ["no"]), ("25h", "30h", ["no"])])
  func `who was inside another chain then is inside it in the rehearsal`(
    _ enters: String, _ leaves: String, _ expected: [String]
  ) throws {
    let document = Self.chain(#"{"in_chain":"other"}"#)
    let story = try Story(document)
    try story.world.publish(
      "other", #"{"enter":{"event":"login"},"stop_when":{"did":"logout"},"steps":[{"wait":"100d"}]}"#)
    try story.world.move(to: story.moment("1m"))
    try story.happen("cart")
    for (type, after) in [("login", enters), ("logout", leaves)] {
      try story.world.move(to: story.moment(after))
      try story.happen(type)
    }
    try story.world.live(until: story.moment("5d"))
    #expect(story.world.sent.map(\.step) == expected)
    let rehearsed = try rehearse(story, document)
    #expect(rehearsed.sent == expected)
    #expect(rehearsed.assumed.contains("who was inside other is what is still on record of their runs"))
  }

  @Test func `of fields that have changed the answer says for how many, of others nothing`() throws {
    let document = Self.chain(#"{"contact":{"city":"Tula"}}"#)
    let story = try Story(document)
    try story.put("ann", #"{"attributes":{"size":"L"}}"#)
    try story.happen("cart")
    try story.world.live(until: story.moment("2d"))
    #expect(try rehearse(story, document).assumed.count == 2)
    try story.put("ann", #"{"attributes":{"city":"Tula"}}"#)
    try story.world.live(until: story.moment("5d"))
    let rehearsed = try rehearse(story, document)
    #expect(rehearsed.sent == ["yes"])
    #expect(
      rehearsed.assumed.contains(
        "`city` is as it is now, and has changed since the rehearsal's beginning (contacts: 1)"))
  }
}
