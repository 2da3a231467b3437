import JSON
import Synchronization

/// What clients have sent over all the server's lives, and what they were told. From any thread.
final class ClientBook: Sendable {
  private struct State {
    var acknowledged: [Posted] = []
    /// How many were acknowledged when each day began.
    var days: [Int] = []
    /// No answer, or one that says that it was not stored: to be sent again until it is.
    var open: [String: Posted] = [:]
    var refusals = 0
    var oddities: [String] = []
  }

  private let state = Mutex(State())

  var acknowledged: [Posted] { state.withLock { $0.acknowledged } }
  /// What was acknowledged today and on the days before, so many in all.
  func acknowledged(inDays days: Int) -> [Posted] {
    state.withLock { Array($0.acknowledged[($0.days.suffix(days).first ?? 0)...]) }
  }

  /// The server's clock is a day ahead of where it was.
  func turnDay() { state.withLock { $0.days.append($0.acknowledged.count) } }

  var open: [Posted] { state.withLock { $0.open.values.sorted { $0.id < $1.id } } }
  /// Calls answered with 503.
  var refusals: Int { state.withLock { $0.refusals } }
  /// Answers that nobody should have got.
  var oddities: [String] { state.withLock { $0.oddities } }

  /// Sends events and writes down what came of it.
  /// - Parameter known: all of them were acknowledged before.
  /// - Returns: whether there was an answer.
  func post(
    _ events: [Posted], as form: Posted.Form, port: Int, known: Bool = false, over kept: KeptConnection? = nil
  ) -> Bool {
    if !known { state.withLock { state in events.forEach { state.open[$0.id] = $0 } } }
    let answer = Posted.post(events, as: form, port: port, over: kept)
    if let answer { state.withLock { Self.note(answer, events, known, &$0) } }
    return answer != nil
  }

  /// Until every event is acknowledged or the server is gone.
  func postOpen(port: Int) -> Bool {
    for events in open.chunks(of: 50) where !post(events, as: .lines, port: port) { return false }
    return open.isEmpty
  }

  private static func note(_ answer: Answer, _ events: [Posted], _ known: Bool, _ state: inout State) {
    switch answer.status {
    case 202:
      let (accepted, duplicates) = (answer.json["accepted"]?.number?.int, answer.json["duplicates"]?.number?.int)
      let isWhole = (accepted ?? 0) + (duplicates ?? 0) == events.count
      if !isWhole || known && accepted != 0 {
        state.oddities.append("\(events.map(\.id)), \(known ? "known" : "new"): \(answer.text)")
      }
      guard !known else { return }
      state.acknowledged += events
      for event in events { state.open[event.id] = nil }
    case 503: state.refusals += 1
    default: state.oddities.append("\(answer.status) \(answer.text)")
    }
  }
}

extension Array {
  func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
