import Domain
import Engine
import JSON
import SQL

/// Counts those whom `"existing": true` would take into a chain besides all who come later.
struct ExistingMembers {
  let timeline: Timeline
  let rules: Rules
  let now: Timestamp
  let monotonic: @Sendable () -> Int64

  /// Who fits several triggers counts for each. What the live version asks for too has been taken already. A segment that is
  /// still being computed counts by the members it has so far; `when` costs what a preview does, two seconds at most.
  func count(_ chain: Chain, live: Chain?, _ db: Connection) throws -> Int64 {
    let taken = Set((live?.triggers ?? []).compactMap(Self.asked))
    return try chain.triggers.reduce(0) { count, trigger in
      guard let asked = Self.asked(trigger), !taken.contains(asked) else { return count }
      switch trigger.kind {
      case .segment(let segment): return count + (try SegmentStore().segment(segment.id, db)?.members ?? 0)
      case .when(let condition, _):
        let preview = try SegmentPreview(
          condition, timeline: timeline, rules: rules, now: now, monotonic: monotonic, db)
        return count + Int64(preview.estimate)
      case .event, .api, .date, .schedule: return count
      }
    }
  }

  /// The same for triggers that ask for the same people; nil where nobody is asked for.
  private static func asked(_ trigger: Trigger) -> String? {
    guard trigger.existing != nil else { return nil }
    return switch trigger.kind {
    case .segment(let segment): "member of " + segment.id
    case .when(let condition, _): condition.text
    case .event, .api, .date, .schedule: nil
    }
  }
}
