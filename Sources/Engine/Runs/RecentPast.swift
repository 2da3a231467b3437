import Domain
import SQL

/// What was read last of one contact's past, through one moment: segments, steps and triggers that decide about the same
/// event ask for the same. On the writer's thread.
final class RecentPast {
  private struct Key: Equatable {
    let contact: Int64
    let until: Timestamp
    /// Of the timeline: an event more, or a rollback, makes another past of it.
    let changes: Int
  }

  private let timeline: Timeline
  private let recent: RecentRows
  private var key: Key?
  /// By event_types.id.
  private var types: [Int64: TimelineEvents] = [:]

  init(_ timeline: Timeline, _ recent: RecentRows) { (self.timeline, self.recent) = (timeline, recent) }

  /// - Parameters:
  ///   - contact: contacts.id
  ///   - number: event_types.id of `type`
  func events(
    of contact: Int64, type: String, number: Int64, until: Timestamp, _ db: Connection
  ) -> TimelineEvents {
    let asked = Key(contact: contact, until: until, changes: timeline.changes)
    if asked != key {
      types.removeAll(keepingCapacity: true)
      key = asked
    }
    if let known = types[number] { return known }
    let events = TimelineEvents(
      timeline, contact: contact, type: type, number: number, until: until, recent: recent, db)
    types[number] = events
    return events
  }
}
