import Domain
import Engine
import Foundation
import JSON
import SQL
import Seeds
import Testing

/// Random segments, random people, random moments.
@Suite("Segments against a brute force")
struct SegmentPropertyTests {
  private static let seeds: ClosedRange<UInt64> =
    1...(ProcessInfo.processInfo.environment["ZVENO_SEGMENT_SEEDS"].flatMap(UInt64.init) ?? 24)

  @Test(
    "the members are those whom the condition describes, at every moment, each entry and exit said once",
    arguments: seeds)
  func agrees(seed: UInt64) throws {
    var life = try Life(seed: seed)
    for step in 0..<70 {
      try life.go(on: step)
      let (expected, found) = (life.expectedMembers, try life.foundMembers())
      #expect(found == expected, "seed \(seed), step \(step)")
      if found != expected { return }
    }
    let (expected, found) = (life.moves.sorted(), try life.foundMoves().sorted())
    #expect(found == expected, "seed \(seed)")
    #expect(life.rules.isEmpty || found.count + life.silent > 0)
  }
}

private struct Life {
  private static let people = ["ann", "bob", "cid"]
  private static let zones = ["UTC", "Europe/Berlin", "America/New_York"]

  let world: EngineWorld
  private(set) var rules: [String: BruteForce.Rule] = [:]
  private var people: [String: BruteForce.Person] = [:]
  private var members: [String: Set<String>] = [:]
  private(set) var moves: [String] = []
  /// Changes that nobody says.
  private(set) var silent = 0
  private var now: Timestamp
  private var dice: Seeded

  init(seed: UInt64) throws {
    dice = Seeded(seed)
    // Clocks change within the first month.
    let start = "2026-03-02T09:00:00Z"
    now = try #require(Timestamp(rfc3339: start))
    world = try EngineWorld(at: start, slice: Engine.Slice(events: 3, timers: 3))
    for index in 0..<4 { try save("s\(index)", among: index) }
  }

  private var judge: BruteForce { BruteForce(rules: rules) }

  private mutating func save(_ id: String, among index: Int) throws {
    let rule = rule(depth: 2, among: index)
    rules[id] = rule
    try world.save(id, rule.json)
    // Found anew, and said by nobody.
    look(isSaid: false)
  }

  mutating func go(on step: Int) throws {
    switch Int.random(in: 0..<20, using: &dice) {
    case 0: try save("s\(Int.random(in: 0..<4, using: &dice))", among: 0)
    case 1: try world.restart()
    case 2: try change()
    case 3...11: try happen()
    default: try pass()
    }
  }

  private mutating func happen() throws {
    let name = Self.people[Int.random(in: 0..<3, using: &dice)]
    let type = ["view", "purchase", "visit"][Int.random(in: 0..<3, using: &dice)]
    let (category, price) = (
      ["shoes", "hats"][Int.random(in: 0..<2, using: &dice)], Int.random(in: 1...9, using: &dice)
    )
    var at = now
    var isHistory = false
    switch Int.random(in: 0..<8, using: &dice) {
    case 0: at = now + -Int64.random(in: 0..<20 * 3_600_000, using: &dice)
    case 1:
      at = now + -Int64.random(in: 3 * 86_400_000..<9 * 86_400_000, using: &dice)
      isHistory = true
    default: break
    }
    let isNew = people[name] == nil
    try world.happen(
      type, name, ["category": .string(category), "price": .number(JSONNumber(price))], at: at.rfc3339)
    people[name, default: BruteForce.Person()].facts.append(
      BruteForce.Fact(type: type, at: at, category: category, price: price))
    if isNew { people[name]?.firstSeen = at }
    look(isSaid: !isHistory)
  }

  private mutating func change() throws {
    let name = Self.people[Int.random(in: 0..<3, using: &dice)]
    let zone = Self.zones[Int.random(in: 0..<3, using: &dice)]
    let isVIP = Bool.random(using: &dice)
    try world.put(name, #"{"time_zone":"\#(zone)","attributes":{"vip":\#(isVIP)}}"#)
    var person = people[name] ?? BruteForce.Person(firstSeen: now)
    (person.zone, person.isVIP) = (try #require(Zone(zone)), isVIP)
    people[name] = person
    look(isSaid: true)
  }

  private mutating func pass() throws {
    let lengths: [Int64] = [1, 60_000, 3_600_000, 86_400_000, 5 * 86_400_000]
    let then = now + Int64.random(in: 1...lengths[Int.random(in: 0..<5, using: &dice)], using: &dice)
    let start = now
    let moments = Set(people.values.flatMap { judge.moments($0, after: start, through: then) }).sorted()
    for moment in moments {
      now = moment
      look(isSaid: true)
    }
    now = then
    look(isSaid: true)
    try world.time(then.rfc3339)
  }

  /// Whom every rule describes now.
  private mutating func look(isSaid: Bool) {
    for (id, rule) in rules {
      for (name, person) in people {
        let (was, holds) = (members[id]?.contains(name) ?? false, judge.holds(rule, person, at: now))
        if was == holds { continue }
        if holds { members[id, default: []].insert(name) } else { members[id]?.remove(name) }
        if isSaid { moves.append("\(now.rfc3339) \(name) \(holds ? "entered" : "left") \(id)") } else { silent += 1 }
      }
    }
  }

  var expectedMembers: [String: Set<String>] { members.filter { !$0.value.isEmpty } }

  func foundMembers() throws -> [String: Set<String>] {
    let rows = try world.query(
      """
      SELECT segments.id, external_id FROM memberships JOIN segments ON number = segment
      JOIN contacts ON contacts.id = contact WHERE since IS NOT NULL
      """
    ) { ($0.text(0), $0.text(1)) }
    return Dictionary(grouping: rows, by: \.0).mapValues { Set($0.map(\.1)) }
  }

  func foundMoves() throws -> [String] {
    let rows = try world.query(
      """
      SELECT name, at, contacts.external_id, properties FROM events JOIN event_types ON event_types.id = events.type
      JOIN contacts ON contacts.id = contact WHERE name LIKE 'segment.%'
      """
    ) { ($0.text(0), $0.int(1), $0.text(2), $0.textBytes(3)) }
    return try rows.map { type, at, name, properties in
      let id = try JSONValue(parsing: properties)["segment"]?.string ?? "?"
      return "\(Timestamp(milliseconds: at).rfc3339) \(name) \(type.dropFirst(8)) \(id)"
    }
  }

  /// - Parameter index: segments with a lower one may be named.
  private mutating func rule(depth: Int, among index: Int) -> BruteForce.Rule {
    let types = ["view", "purchase", "visit"]
    let type = types[Int.random(in: 0..<3, using: &dice)]
    let span = ["90m", "20h", "1d", "3d", "1w", "1mo"][Int.random(in: 0..<6, using: &dice)]
    let category: String? = Bool.random(using: &dice) ? "shoes" : nil
    let count = Int.random(in: 1...3, using: &dice)
    switch Int.random(in: 0..<(depth > 0 ? 14 : 10), using: &dice) {
    case 0: return .vip
    case 1: return index > 0 ? .member("s\(Int.random(in: 0..<index, using: &dice))") : .vip
    case 2: return .did(type, category: category, atLeast: count, span: nil)
    case 3: return .did(type, category: category, atLeast: count, span: span)
    case 4: return .didNot(type, span: Bool.random(using: &dice) ? span : nil)
    case 5: return .fewer(type, than: count, span: span)
    case 6: return .spent(Int.random(in: 3...15, using: &dice), span: span)
    case 7: return .silent(type, category: category, span: span, times: nil)
    case 8:
      let length: String? = Bool.random(using: &dice) ? span : nil
      return .silent(type, category: category, span: length, times: Int.random(in: 1...2, using: &dice))
    case 9: return .weekday(Int.random(in: 1...7, using: &dice))
    case 10, 11: return .all([rule(depth: depth - 1, among: index), rule(depth: depth - 1, among: index)])
    case 12: return .any([rule(depth: depth - 1, among: index), rule(depth: depth - 1, among: index)])
    default: return .not(rule(depth: depth - 1, among: index))
    }
  }
}
