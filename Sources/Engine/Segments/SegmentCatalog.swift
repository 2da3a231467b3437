import Domain
import JSON
import SQL

/// The segments as the writer's thread sees them, parsed once, each after those that it asks for. Mirrors the file; a
/// rollback or a change of definitions makes it read anew.
final class SegmentCatalog {
  struct Entry {
    let number: Int64
    /// Nil: a chain's `when`.
    let id: String?
    let when: When?
    let condition: Condition
    var state: SegmentStore.State
    /// contacts.id up to which the members are known while it is computed.
    var walked: Int64
    /// Which of its events may change the answer, by type.
    let screens: [String: EventScreen]
    let dependsOnZone: Bool
    /// When its condition became what it is.
    let changedAt: Timestamp
  }

  /// Which chain's `when` it is.
  struct When {
    let chain: Int64
    let chainID: String
    let trigger: String
    let isPaused: Bool
  }

  /// Each after those that it asks for.
  private(set) var entries: [Entry] = []
  private var places: [Int64: Int] = [:]
  private var names: [String: Int] = [:]
  /// Places of the entries that listen to a type.
  private var listeners: [String: [Int]] = [:]
  /// Places of the entries that ask for the one at a place.
  private var dependents: [Int: [Int]] = [:]
  /// By number and revision.
  private var parsed: [Int64: (document: [UInt8], condition: Condition)] = [:]
  private let report: (String) -> Void

  init(report: @escaping (String) -> Void) { self.report = report }

  var isEmpty: Bool { entries.isEmpty }

  func place(of number: Int64) -> Int? { places[number] }
  func entry(_ id: String) -> Entry? { names[id].map { entries[$0] } }

  /// Those whom a trigger that takes members in goes by; nil for other triggers, and where there is none.
  func entry(for trigger: TimedTrigger) -> Entry? {
    switch trigger.kind {
    case .segment(let segment): entry(segment.id)
    case .when:
      entries.first { $0.when.map { $0.chain == trigger.key.chain && $0.trigger == trigger.key.name } ?? false }
    case .event, .api, .date, .schedule: nil
    }
  }

  func listening(to type: String) -> [Int] { listeners[type] ?? [] }
  func dependents(of place: Int) -> [Int] { dependents[place] ?? [] }

  func set(_ place: Int, state: SegmentStore.State, walked: Int64) {
    (entries[place].state, entries[place].walked) = (state, walked)
  }

  func forget() { (entries, places, names, listeners, dependents, parsed) = ([], [:], [:], [:], [:], [:]) }

  /// - Parameters:
  ///   - whens: the conditions of chains, by segments.number.
  ///   - purchase: the type of event that is one.
  func refresh(
    _ whens: [Int64: (when: When, condition: Condition)], purchase: String, _ db: Connection
  ) throws {
    let sql =
      "SELECT number, id, document, state, walked, updated_at FROM segments WHERE state <> 'leaving' ORDER BY number"
    var found: [Entry] = []
    let rows = try db.query(sql, []) { row in
      (row.int(0), row.optionalText(1), row.textBytes(2), row.text(3), row.int(4), row.int(5))
    }
    for (number, id, document, state, walked, changedAt) in rows {
      let own = try id.flatMap { try condition(number, $0, document, db) }
      guard let condition = whens[number]?.condition ?? own else { continue }
      found.append(
        Entry(
          number: number, id: id, when: whens[number]?.when, condition: condition,
          state: SegmentStore.State(rawValue: state) ?? .computing, walked: walked,
          screens: EventScreen.screens(of: condition, purchase: purchase), dependsOnZone: condition.dependsOnZone,
          changedAt: Timestamp(milliseconds: changedAt)))
    }
    index(Self.ordered(found))
  }

  private func condition(_ number: Int64, _ id: String, _ document: [UInt8], _ db: Connection) throws -> Condition? {
    if let known = parsed[number], known.document == document { return known.condition }
    guard let condition = SegmentStore.parse(document)?.condition else {
      report("the segment \(id) cannot be read by this server: its members stay as they are")
      // What has passed them by meanwhile a newer server finds anew.
      try db.run("UPDATE segments SET state = 'computing', walked = 0 WHERE number = $1", [.int(number)])
      return nil
    }
    parsed[number] = (document, condition)
    return condition
  }

  private func index(_ ordered: [Entry]) {
    entries = ordered
    places = Dictionary(ordered.enumerated().map { ($1.number, $0) }) { $1 }
    names = Dictionary(ordered.enumerated().compactMap { place, entry in entry.id.map { ($0, place) } }) { $1 }
    (listeners, dependents) = ([:], [:])
    for (place, entry) in ordered.enumerated() {
      for type in entry.screens.keys { listeners[type, default: []].append(place) }
      for used in entry.condition.segments {
        if let other = names[used] { dependents[other, default: []].append(place) }
      }
    }
  }

  /// Cycles are refused when a segment is saved.
  private static func ordered(_ entries: [Entry]) -> [Entry] {
    let byName = Dictionary(entries.compactMap { entry in entry.id.map { ($0, entry) } }) { $1 }
    var (result, seen): ([Entry], Set<Int64>) = ([], [])
    func add(_ entry: Entry) {
      guard seen.insert(entry.number).inserted else { return }
      for used in entry.condition.segments.sorted() { if let other = byName[used] { add(other) } }
      result.append(entry)
    }
    for entry in entries { add(entry) }
    return result
  }
}
