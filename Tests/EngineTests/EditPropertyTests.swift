import Domain
import Engine
import Ingest
import JSON
import SQL
import Testing

/// Random chains, random people, an edit at a random moment.
@Suite("Edits of random chains")
struct EditPropertyTests {
  private static let seeds: ClosedRange<UInt64> = 1...12

  @Test("pinned, the runs inside walk as if there had been no edit", arguments: seeds)
  func pins(seed: UInt64) throws {
    let story = try Story(seed: seed)
    let edited = try story.live { world in try world.publish("c", story.other, runs: .pin) }
    #expect(edited == (try story.live { _ in }))
  }

  @Test("an edit of notes alone that everybody follows is no edit", arguments: seeds)
  func follows(seed: UInt64) throws {
    let story = try Story(seed: seed)
    let edited = try story.live { world in try world.publish("c", story.noted, runs: .follow) }
    #expect(edited.map(Story.withoutVersion) == (try story.live { _ in }).map(Story.withoutVersion))
  }

  @Test("killed after each round of a move, the server does what it would have done", arguments: seeds)
  func restarts(seed: UInt64) throws {
    let story = try Story(seed: seed)
    for how in [InsideRuns.follow, .restart] {
      let whole = try story.live { world in try world.publish("c", story.other, runs: how) }
      let killed = try story.live { world in
        try world.publish("c", story.other, runs: how, once: true)
        while try world.query("SELECT 1 FROM version_moves", { $0.int(0) }) == [1] {
          try world.restart()
          _ = try world.writer.round()
        }
      }
      #expect(killed == whole)
    }
  }
}

/// What happens to some people in a chain, the same in every world.
private struct Story {
  private enum Act {
    case event(String, of: String)
    /// Everything that is planned leaves.
    case deliver
    case edit
  }

  let document: String
  /// The same with notes.
  let noted: String
  /// Another chain with steps of the same ids, which nobody enters by himself.
  let other: String
  private let acts: [(time: Timestamp, act: Act)]

  init(seed: UInt64) throws {
    var maker = StoryMaker(seed: seed)
    let steps = maker.steps(ids: ["a", "b", "d", "e"])
    document = Self.document(trigger: "cart", steps)
    noted = Self.document(trigger: "cart", steps, note: #""note":"why","#)
    other = Self.document(trigger: "nothing", maker.steps(ids: ["a", "b", "d", "f"]))
    var time = try #require(Timestamp(rfc3339: "2026-03-02T09:00:00Z"))
    var acts: [(Timestamp, Act)] = []
    let edit = maker.below(30) + 5
    for number in 0..<45 {
      time = time + Int64(maker.below(5 * 3600) + 1) * 1000
      let contact = "c\(maker.below(6))"
      switch number {
      case edit: acts.append((time, .edit))
      case _ where number % 3 == 2: acts.append((time, .deliver))
      // Nobody comes in after the edit.
      case _: acts.append((time, .event(number < edit ? maker.pick(["cart", "visit"]) : "visit", of: contact)))
      }
    }
    self.acts = acts
  }

  private static func document(trigger: String, _ steps: String, note: String = "") -> String {
    #"{\#(note)"enter":{"event":"\#(trigger)"},"purpose":"transactional","steps":\#(steps)}"#
  }

  /// Every run and message at the end.
  func live(_ edit: (EngineWorld) throws -> Void) throws -> [String] {
    let world = try EngineWorld(
      channels: ["email": ChannelPolicy(), "sms": ChannelPolicy()], slice: Engine.Slice(timers: 2))
    try world.publish("c", document)
    for (time, act) in acts {
      world.clock.set(time)
      try world.settle()
      switch act {
      case .event(let type, let contact): try world.happen(type, contact)
      case .deliver: try deliver(world)
      case .edit: try edit(world)
      }
      try world.settle()
    }
    return try dump(world)
  }

  private func deliver(_ world: EngineWorld) throws {
    let planned = try world.query("SELECT id, contact FROM messages WHERE status = 'planned'") {
      ($0.int(0), $0.int(1))
    }
    for (message, contact) in planned {
      try world.write { db, now, world in
        let sql = "UPDATE messages SET status = 'sent', sent_at = $2, due_at = NULL WHERE id = $1"
        try db.run(sql, [.int(message), .int(now.milliseconds)])
        let event = IncomingEvent(
          type: "message.sent", properties: Array("{}".utf8), contact: contact, message: message)
        try world.log.append(own: [event], now: now.milliseconds, db)
      }
    }
  }

  private func dump(_ world: EngineWorld) throws -> [String] {
    let runs = """
      SELECT json_array(version, 'run', id, contact, state, reason, step, entered_at, step_at, step_due_at, due_at, data,
        marks, ended_at, trigger_seq) FROM runs ORDER BY id
      """
    let messages = """
      SELECT json_array(version, 'message', id, run, step, label, channel, template, status, planned_at, due_at,
        expires_at, sent_at, error) FROM messages ORDER BY id
      """
    return try world.query(runs) { $0.text(0) } + world.query(messages) { $0.text(0) }
  }

  static func withoutVersion(_ row: String) -> Substring { row.drop { $0 != "," } }
}

/// Draws steps that a marketer could have written.
private struct StoryMaker {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func below(_ count: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(count))
  }

  mutating func pick(_ words: [String]) -> String { words[below(words.count)] }

  mutating func steps(ids: [String]) -> String {
    var ids = ids
    // In another order, and each once.
    for index in ids.indices.reversed() { ids.swapAt(index, below(index + 1)) }
    return list(&ids, 2 + below(4), depth: 0)
  }

  private mutating func list(_ ids: inout [String], _ count: Int, depth: Int) -> String {
    "[" + (0..<count).map { _ in step(&ids, depth: depth) }.joined(separator: ",") + "]"
  }

  private mutating func step(_ ids: inout [String], depth: Int) -> String {
    let id = below(3) > 0 ? ids.popLast().map { #","id":"\#($0)""# } ?? "" : ""
    switch below(depth == 0 ? 6 : 4) {
    case 0:
      return #"{"wait":"\#(pick(["1h", "5h", "1d", "2h..9h"]))"\#(below(3) == 0 ? #","reset_on":"visit""# : "")\#(id)}"#
    case 1, 2:
      return #"{"send":"\#(pick(["email", "sms"]))","template":"\#(pick(["a", "b"]))"\#(id)}"#
    case 3: return #"{"set":{"stage":"\#(pick(["x", "y"]))"}\#(id)}"#
    case 4:
      return
        #"{"wait_for":{"did":"visit"},"at_most":"\#(pick(["3h", "9h"]))","then":\#(list(&ids, 1, depth: 1))\#(id)}"#
    default:
      let (then, otherwise) = (list(&ids, 1, depth: 1), list(&ids, 1, depth: 1))
      return #"{"if":{"did":"visit"},"then":\#(then),"else":\#(otherwise)\#(id)}"#
    }
  }
}
