import Domain
import JSON

/// A contact's view from memory, for tables of decisions.
final class ScriptedView: ContactView {
  var zone = Zone.utc
  var contact: JSONValue = .object([:])
  var firstSeenAt = Timestamp(milliseconds: 0)
  var segments: [String: SegmentMembership] = [:]
  var past: [EventFact] = []
  var states: [MessageState] = []
  var consented: Set<String> = []
  var reachable: Set<String> = []
  var hours: [Int]?
  var lists: Set<String> = []
  var inside: Set<String> = []
  var relations: Set<String> = []
  var other: ScriptedView?
  /// Whoever did it is not there any more.
  var actorIsGone = false
  var prices: [String: String] = [:]
  var given: [String: String] = [:]
  var won: [String: String] = [:]
  /// By step and outcome, `letter opened:a`.
  var figures: [String: Int64] = [:]
  var boundaries: RfmBoundaries?
  /// By segment and type, `new-buyers purchase`, in milliseconds.
  var gaps: [String: Double] = [:]

  func events(
    of type: String, since: Timestamp, until: Timestamp, _ visit: (EventFact) throws -> Bool
  ) throws {
    let fitting = past.filter { $0.type == type && $0.at >= since && $0.at <= until }
    for event in fitting.sorted(by: { $0.moment > $1.moment }) where try !visit(event) { return }
  }

  func messages() throws -> [MessageState] { states }
  func consents(to channel: String) throws -> Bool { consented.contains(channel) }
  func isReachable(over channel: String) throws -> Bool { reachable.contains(channel) }
  func isMember(of list: String) throws -> Bool { lists.contains(list) }
  func isInside(_ chain: String) throws -> Bool { inside.contains(chain) }
  func membership(in segment: String) throws -> SegmentMembership { segments[segment] ?? .known(false) }
  func hasRelation(_ kind: String) throws -> Bool { relations.contains(kind) }
  func actor() throws -> TriggerActor { other.map { .other($0) } ?? (actorIsGone ? .gone : .himself) }
  func price(of channel: String) -> JSONNumber? { prices[channel].flatMap { JSONNumber(text: $0) } }
  func variant(of step: String) throws -> String? { given[step] }
  func winner(of step: String) throws -> String? { won[step] }
  func figure(of step: String, _ outcome: String) throws -> Int64 { figures["\(step) \(outcome)"] ?? 0 }
  func readingHours(before now: Timestamp) throws -> [Int]? { hours }
  var rfmRule: RfmRule { .standard }
  func rfm(at now: Timestamp) throws -> RfmState? {
    let figures = try RfmFigures(of: purchases(until: now, limit: .max), by: rfmRule)
    return figures.flatMap { boundaries?.state(of: $0, at: now) }
  }
  func averageGap(of type: String, where match: Match?, amongMembersOf segment: String) throws -> Double? {
    gaps["\(segment) \(type)"]
  }
}
