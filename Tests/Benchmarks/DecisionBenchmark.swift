import Domain
import Foundation
import Ingest
import SQL

/// Decisions of the engine a second: events through fifty live chains, and timers that fall due at once.
struct DecisionBenchmark {
  let seconds: Double

  /// Five chains of fifty listen to `view`, of which one event in ten fits and moves or starts a run.
  static let chains = (0..<50).map { number in
    let type = number < 5 ? "view" : "type-\(number)"
    return """
      {"enter":{"event":"\(type)","where":{"hot":true}},"stop_when":{"did":"purchase"},"reenter":"after_exit",
       "steps":[{"wait":"8h..24h","reset_on":"\(type)"},{"send":"email","template":"letter"}]}
      """
  }

  func run() throws {
    try events()
    try timers()
  }

  private func events() throws {
    try Figure(name: "engine decisions, events through 50 chains", unit: "events/s").measure {
      let world = try BenchWorld(chains: Self.chains)
      defer { world.close() }
      let count = Int(20_000 * min(seconds, 5))
      let events = (0..<count).map { index in
        IncomingEvent(
          type: "view", keys: ContactKeys(id: "c\(Int.random(in: 0..<50_000))"),
          properties: Array((index % 10 == 0 ? #"{"hot":true,"sku":"a"}"# : #"{"sku":"a","category":"iphone"}"#).utf8))
      }
      let log = world.log
      try world.writer.perform { db, now in _ = try log.append(events, now: now, db) }
      // The rounds that appended have let some of them act already.
      let unread = try world.unread()
      let elapsed = try timed { try world.drain() }
      return (unread, elapsed)
    }
  }

  private func timers() throws {
    let chain =
      #"{"enter":{"event":"view"},"steps":[{"wait":"1ms"},{"set":{"seen":true}},{"wait":"1h"},{"exit":"done"}]}"#
    try Figure(name: "engine transitions, timers due at once", unit: "timers/s").measure {
      let world = try BenchWorld(chains: [chain])
      defer { world.close() }
      let count = Int(10_000 * min(seconds, 5))
      let log = world.log
      let events = (0..<count).map { IncomingEvent(type: "view", keys: ContactKeys(id: "c\($0)")) }
      let elapsed = try timed {
        try world.writer.perform { db, now in _ = try log.append(events, now: now, db) }
        try world.drain()
      }
      return (count, elapsed)
    }
  }
}
