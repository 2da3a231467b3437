import Domain
import Ingest
import SQL

/// What live chains cost an event that concerns none of them: the same events through none, fifty and five hundred, in
/// turns, with twenty different triggers among them.
struct MatchingBenchmark {
  let seconds: Double

  private static func chains(_ count: Int) -> [String] {
    (0..<count).map { number in
      """
      {"enter":{"event":"type-\(number % 20)","where":{"total":{">=":\(number)}}},"stop_when":{"did":"purchase"},
       "steps":[{"wait":"8h..24h","reset_on":"type-\(number % 20)"},{"send":"email","template":"letter"}]}
      """
    }
  }

  func run() throws {
    var costs: [Int: [Double]] = [:]
    for _ in 0..<Figure.rounds {
      for count in [0, 50, 500] { costs[count, default: []].append(try nanoseconds(through: count)) }
    }
    let none = median(costs[0] ?? [])
    for count in [0, 50, 500] {
      let costs = (costs[count] ?? []).sorted()
      let text = [median(costs), costs.first ?? 0, costs.last ?? 0].map { String(Int($0)) }
      let more = count == 0 ? "" : ", \(Int(median(costs) - none)) more than through none"
      let name = "an event that concerns none of \(count) chains"
      print("\(name.padded(58)) \(text[0].padded(9, left: true)) ns  (\(text[1]) … \(text[2]))\(more)")
    }
  }

  private func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[values.count / 2] }

  private func nanoseconds(through chains: Int) throws -> Double {
    let world = try BenchWorld(chains: Self.chains(chains))
    defer { world.close() }
    let events = (0..<Int(20_000 * min(seconds, 5))).map { _ in
      IncomingEvent(
        type: "login", keys: ContactKeys(id: "c\(Int.random(in: 0..<5_000))"), properties: Array(#"{"sku":"a"}"#.utf8))
    }
    let log = world.log
    try world.writer.perform { db, now in _ = try log.append(events, now: now, db) }
    let unread = try world.unread()
    let elapsed = try timed { try world.drain() }
    return elapsed * 1e9 / Double(max(1, unread))
  }
}
