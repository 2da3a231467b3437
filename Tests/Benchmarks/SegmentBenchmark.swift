import Domain
import Engine
import Foundation
import Ingest
import JSON
import SQL

/// What segments cost: the same events through fifty chains without and with thirty live segments over a big base, and
/// how long the first look at everybody takes. `--contacts N` says how big, a million by default; five events each.
struct SegmentBenchmark {
  let seconds: Double
  let contacts: Int
  private static let perBatch = 5_000

  func run() throws {
    try run(contacts: min(contacts, 10_000))
    if contacts > 10_000 { try run(contacts: contacts) }
  }

  private func run(contacts: Int) throws {
    print("segments over \(contacts) contacts with \(5 * contacts) events:")
    let world = try BenchWorld(chains: DecisionBenchmark.chains)
    defer { world.close() }
    let fill = try timed { try self.fill(world, contacts) }
    print("  filled in \(Int(fill)) s, \(residentMegabytes()) MB")
    let without = try rate(world, contacts)
    let first = try timed {
      try world.save(segment: "s0", Self.conditions[0])
      try world.awaitSegments()
    }
    print(String(format: "  first look for one segment: %.1f s, %d members", first, try world.members("s0")))
    let others = try timed {
      for (index, condition) in Self.conditions.enumerated().dropFirst() {
        try world.save(segment: "s\(index)", condition)
      }
      try world.awaitSegments()
    }
    print(String(format: "  first look for 29 more: %.1f s, %d MB", others, residentMegabytes()))
    let with = try rate(world, contacts)
    print(
      String(
        format: "  events through 50 chains: %.0f/s without segments, %.0f/s with 30, %.2f of it; %d MB",
        without.events, with.events, with.events / without.events, residentMegabytes()))
    // Beside other programs this is the steadier one.
    print(
      String(
        format: "  a second of the processor: %.0f without, %.0f with, %.2f of it", without.byProcessor,
        with.byProcessor, with.byProcessor / without.byProcessor))
  }

  /// Two years of history.
  private func fill(_ world: BenchWorld, _ contacts: Int) throws {
    let now = BenchWorld.milliseconds()
    var left = 5 * contacts
    while left > 0 {
      let count = min(left, Self.perBatch)
      let first = 5 * contacts - left
      let events = (first..<first + count).map { index in
        // Each comes once, then anybody.
        let contact = index < contacts ? index : Int.random(in: 0..<contacts)
        let age = Int64.random(in: 2 * 86_400_000..<700 * 86_400_000)
        return Self.event(contact, at: Timestamp(milliseconds: now - age))
      }
      try world.writer.perform { [log = world.log] db, now in _ = try log.append(events, now: now, db) }
      left -= count
      if try world.unread() > 200_000 { try world.drain() }
    }
    try world.drain()
  }

  /// What a site tells of so many steps: anybody comes, looks at eight things or so of two kinds, puts one in three
  /// visits something into the cart, and buys in one of eight. A thousand are there at a time.
  private static func visits(_ count: Int, of contacts: Int) -> [IncomingEvent] {
    struct Visitor {
      let contact: Int
      let categories = [SegmentBenchmark.category(), SegmentBenchmark.category()]
      var steps = 0
      let last = Int.random(in: 2...16)
    }
    var visitors = (0..<1000).map { _ in Visitor(contact: Int.random(in: 0..<contacts)) }
    return (0..<count).map { _ in
      let place = Int.random(in: 0..<visitors.count)
      let visitor = visitors[place]
      visitors[place].steps += 1
      if visitor.steps == visitor.last { visitors[place] = Visitor(contact: Int.random(in: 0..<contacts)) }
      let dice =
        switch Int.random(in: 0..<100) {
        case _ where visitor.steps == 0: 70
        case 0..<94: 0
        case 94..<98: 85
        default: 95
        }
      return event(dice, visitor.contact, visitor.categories.randomElement() ?? "", at: nil)
    }
  }

  private static func category() -> String { "cat-\(Int.random(in: 0..<20))" }

  private static func event(_ contact: Int, at moment: Timestamp?) -> IncomingEvent {
    event(Int.random(in: 0..<100), contact, category(), at: moment)
  }

  private static func event(_ dice: Int, _ contact: Int, _ category: String, at moment: Timestamp?) -> IncomingEvent {
    let keys = ContactKeys(id: "c\(contact)")
    switch dice {
    case 0..<65:
      let hot = Int.random(in: 0..<10) == 0 ? #""hot":true,"# : ""
      return IncomingEvent(
        type: "view", keys: keys, at: moment, properties: Array(#"{\#(hot)"sku":"a","category":"\#(category)"}"#.utf8))
    case 65..<80: return IncomingEvent(type: "visit", keys: keys, at: moment)
    case 80..<92:
      return IncomingEvent(type: "cart", keys: keys, at: moment, properties: Array(#"{"total":1000}"#.utf8))
    default:
      let total = Int.random(in: 100..<20_000)
      return IncomingEvent(
        type: "purchase", keys: keys, at: moment,
        properties: Array(
          #"{"total":\#(total),"items":[{"sku":"a","category":"\#(category)","price":\#(total),"quantity":1}]}"#.utf8))
    }
  }

  /// Events that the engine passes in a second, and in a second of the processor's time: the median of several rounds.
  private func rate(_ world: BenchWorld, _ contacts: Int) throws -> (events: Double, byProcessor: Double) {
    var rates: [Double] = []
    var ratesByProcessor: [Double] = []
    for _ in 0..<Figure.rounds {
      let events = Self.visits(Int(20_000 * min(seconds, 5)), of: contacts)
      try world.writer.perform { [log = world.log] db, now in _ = try log.append(events, now: now, db) }
      let unread = try world.unread()
      let used = processorSeconds()
      let elapsed = try timed { try world.drain() }
      rates.append(Double(unread) / elapsed)
      ratesByProcessor.append(Double(unread) / (processorSeconds() - used))
    }
    return (rates.sorted()[rates.count / 2], ratesByProcessor.sorted()[rates.count / 2])
  }
  private static let conditions: [String] =
    (0..<10).map { #"{"did":"view","where":{"category":"cat-\#($0)"},"times":{">=":3},"within":"90d"}"# }
    + (1...5).map { #"{"did":"purchase","sum":{"total":{">=":\#($0 * 5000)}},"within":"1y"}"# }
    + [30, 60, 90, 180].map { #"{"silence":"visit","for":"\#($0)d"}"# }
    + [
      #"{"silence":"purchase","longer_than":"1.5x own average","for":"21d"}"#,
      #"{"silence":"visit","longer_than":"2x own average"}"#,
      #"{"all":[{"did":"purchase"},{"did_not":"purchase","within":"60d"}]}"#,
      #"{"all":[{"did":"cart","within":"7d"},{"did_not":"purchase","within":"7d"}]}"#,
      #"{"buys_at_discount":{">=":0.5}}"#, #"{"prefers":{"category":"cat-1"}}"#,
      #"{"rfm":{"recency":{">=":4},"frequency":{">=":4}}}"#, #"{"rfm":{"recency":{"<=":2},"monetary":{">=":4}}}"#,
      #"{"contact":{"city":"Kazan"}}"#, #"{"any":[{"segment":"s10"},{"segment":"s15"}]}"#,
      #"{"did":"message.opened","times":{">=":2},"within":"90d"}"#,
    ]
}

extension BenchWorld {
  func save(segment id: String, _ condition: String) throws {
    nonisolated(unsafe) let catalog = catalog
    try writer.perform { db, now in
      try SegmentStore().save(id, document: #"{"is":\#(condition)}"#, now: Timestamp(milliseconds: now), db)
      catalog.invalidate()
    }
  }

  /// Until all are live.
  func awaitSegments() throws {
    while try writer.perform({ db, _ in
      try db.first("SELECT 1 FROM segments WHERE state <> 'live' LIMIT 1", []) { _ in true } ?? false
    }) {
      usleep(20_000)
    }
  }

  func members(_ id: String) throws -> Int {
    try writer.perform { db, _ in Int(try SegmentStore().segment(id, db)?.members ?? 0) }
  }
}
