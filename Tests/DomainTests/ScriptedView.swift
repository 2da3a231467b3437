import Domain
import JSON

/// A contact's view from memory, for tables of decisions.
final class ScriptedView: ContactView {
  var zone = Zone.utc
  var contact: JSONValue = .object([:])
  var past: [EventFact] = []
  var states: [MessageState] = []
  var consented: Set<String> = []
  var reachable: Set<String> = []
  var hours: [Int]?

  func events(
    of type: String, since: Timestamp, until: Timestamp, _ visit: (EventFact) throws -> Bool
  ) throws {
    let fitting = past.filter { $0.type == type && $0.at >= since && $0.at <= until }
    for event in fitting.sorted(by: { $0.moment > $1.moment }) where try !visit(event) { return }
  }

  func messages() throws -> [MessageState] { states }
  func consents(to channel: String) throws -> Bool { consented.contains(channel) }
  func isReachable(over channel: String) throws -> Bool { reachable.contains(channel) }
  func readingHours(before now: Timestamp) throws -> [Int]? { hours }
}
