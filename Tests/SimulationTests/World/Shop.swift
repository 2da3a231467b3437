import Domain
import Ingest

/// The clients' side of the calls: what was asked, how often, and what was promised. It outlives the server's lives.
struct Shop {
  /// Events that a call was answered 202 for, by id or, without one, by mark.
  private(set) var acceptedIDs: Set<String> = []
  private(set) var acceptedMarks: Set<Int> = []
  /// How often an event without an id was sent.
  private(set) var tries: [Int: Int] = [:]
  /// `channel address` of unsubscribes that were answered, with when.
  private(set) var denied: [String: Int64] = [:]
  /// Calls that this life has not answered yet, oldest first.
  private(set) var open: [Call] = []
  /// What the server has answered in this round, in order.
  var answers: [(call: Call, result: Result<Void, any Error>)] = []

  /// Every event of the simulation carries a number of its own.
  static func mark(of event: IncomingEvent) -> Int? {
    let text = String(decoding: event.properties, as: UTF8.self)
    guard let start = text.firstRange(of: "\"n\":")?.upperBound else { return nil }
    return Int(text[start...].prefix { $0.isNumber })
  }

  mutating func asked(_ call: Call) {
    open.append(call)
    guard case .events(let events) = call.body else { return }
    for event in events where event.id == nil {
      if let mark = Self.mark(of: event) { tries[mark, default: 0] += 1 }
    }
  }

  mutating func answered(_ call: Call) { open.removeAll { $0.number == call.number } }

  mutating func accepted(_ call: Call) {
    guard case .events(let events) = call.body else { return }
    for event in events {
      if let id = event.id {
        acceptedIDs.insert(id)
      } else if let mark = Self.mark(of: event) {
        acceptedMarks.insert(mark)
      }
    }
  }

  /// What nobody answers any more, because the process was killed.
  mutating func takeUnanswered() -> [Call] {
    defer { (open, answers) = ([], []) }
    return open
  }

  mutating func unsubscribed(_ channel: String, _ address: String, at time: Int64) {
    denied[channel + " " + address] = denied[channel + " " + address] ?? time
  }

  func hasDenied(_ channel: String, _ address: String) -> Bool { denied[channel + " " + address] != nil }
}
