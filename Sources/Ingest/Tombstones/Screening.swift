import Domain
import SQL

/// The door: what is about somebody who was erased never comes into the file.
extension Tombstones {
  /// On the caller's thread.
  func screen(_ items: [EventReader.Item]) -> [EventReader.Item] {
    if isEmpty { return items }
    return items.map { item in
      guard case .event(let event) = item, let screened = screened(event) else { return item }
      return screened.keys.isEmpty ? .refused([.erased]) : .event(screened)
    }
  }

  /// What was looked at before somebody was erased is looked at again. On the writer's thread.
  func append(
    _ batches: [IntakeBatch], to log: EventLog, now: Int64, _ db: Connection
  ) throws -> [EventLog.Outcome] {
    let version = version
    guard batches.contains(where: { $0.version != version }) else {
      return try log.append(batches.flatMap(\.events), now: now, db)
    }
    let events = batches.flatMap(\.events).map { screened($0) ?? $0 }
    var outcomes = try log.append(events.filter { !$0.keys.isEmpty }, now: now, db).makeIterator()
    return events.map { $0.keys.isEmpty ? .erased : outcomes.next() ?? .erased }
  }

  /// Nil: it is good as it is.
  private func screened(_ event: IncomingEvent) -> IncomingEvent? {
    var event = event
    switch judge(event.keys) {
    case .passes: return nil
    case .without(let keys): event.keys = keys
    case .erased: event.keys = ContactKeys()
    }
    return event
  }
}

extension Issue {
  static let erased = Issue(
    pointer: "/contact", code: .erased,
    detail: "expected a person of whom something may be stored, got one who was erased",
    hint: "one who has signed up again comes back by PUT /v1/contacts/{id}?readmit=true")
}
