import Domain
import Ingest

/// The clients' side of the calls: what was asked, how often, and what was promised. It outlives the server's lives.
struct Shop {
  /// Events that a call was answered 202 for, by id or, without one, by mark.
  private(set) var acceptedIDs: Set<String> = []
  private(set) var acceptedMarks: Set<Int> = []
  /// How often an event without an id was sent.
  private(set) var tries: [Int: Int] = [:]
  /// Marks of a call's events without ids, where there are several.
  private(set) var batches: [[Int]] = []
  /// Unsubscribes that were answered.
  private(set) var denials: Set<Denial> = []
  /// What was accepted since somebody looked.
  private var fresh: (ids: [String], marks: [Int]) = ([], [])
  /// Calls that this life has not answered yet, oldest first.
  private(set) var open: [Call] = []
  /// What the server has answered in this round, in order; of a call with events, which ones it has refused.
  var answers: [(call: Call, result: Result<Set<Int>, any Error>)] = []

  struct Denial: Hashable {
    let channel: String
    let address: String
  }

  /// Every event of the simulation carries a number of its own.
  static func mark(of event: IncomingEvent) -> Int? {
    let text = String(decoding: event.properties, as: UTF8.self)
    guard let start = text.firstRange(of: "\"n\":")?.upperBound else { return nil }
    return Int(text[start...].prefix { $0.isNumber })
  }

  mutating func asked(_ call: Call) {
    open.append(call)
    guard case .events(let events) = call.body else { return }
    let marks = events.filter { $0.id == nil }.compactMap(Self.mark)
    for mark in marks { tries[mark, default: 0] += 1 }
    if marks.count > 1, tries[marks[0]] == 1 { batches.append(marks) }
  }

  mutating func answered(_ call: Call) { open.removeAll { $0.number == call.number } }

  /// - Parameter refused: places of events.
  mutating func accepted(_ call: Call, besides refused: Set<Int> = []) {
    guard case .events(let events) = call.body else { return }
    for (place, event) in events.enumerated() where !refused.contains(place) {
      if let id = event.id {
        acceptedIDs.insert(id)
        fresh.ids.append(id)
      } else if let mark = Self.mark(of: event) {
        acceptedMarks.insert(mark)
        fresh.marks.append(mark)
      }
    }
  }

  /// What nobody answers any more, because the process was killed.
  mutating func takeUnanswered() -> [Call] {
    defer { (open, answers) = ([], []) }
    return open
  }

  mutating func takeFresh() -> (ids: [String], marks: [Int]) {
    defer { fresh = ([], []) }
    return fresh
  }

  mutating func unsubscribed(_ channel: String, _ address: String) {
    denials.insert(Denial(channel: channel, address: address))
  }

  func hasDenied(_ channel: String, _ address: String) -> Bool {
    denials.contains(Denial(channel: channel, address: address))
  }
}
