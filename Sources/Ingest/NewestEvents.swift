/// The newest events as they were appended: who keeps pace with the log reads them here. Any rollback empties it, and so
/// does a change of one of them in the file.
struct NewestEvents {
  private static let most = 2_048
  /// Of properties; the other texts are bounded by their number.
  private static let mostBytes = 4 << 20

  /// Without a gap, by seq.
  private var events: [StoredEvent] = []
  private var bytes = 0

  mutating func append(_ event: StoredEvent) {
    if let last = events.last, event.seq != last.seq + 1 { removeAll() }
    if events.count >= Self.most || bytes >= Self.mostBytes { dropOlderHalf() }
    events.append(event)
    bytes += event.properties.count
  }

  /// Nil when the next event after `seq` is not among them.
  func page(after seq: Int64, limit: Int) -> [StoredEvent]? {
    guard let first = events.first?.seq, seq + 1 >= first, seq + 1 - first < events.count else { return nil }
    return Array(events[Int(seq + 1 - first)...].prefix(limit))
  }

  /// - Parameter seq: nil for all.
  mutating func forget(_ seq: Int64?) {
    guard let first = events.first?.seq, seq.map({ $0 >= first }) ?? true else { return }
    removeAll()
  }

  private mutating func dropOlderHalf() {
    events.removeFirst((events.count + 1) / 2)
    bytes = events.reduce(0) { $0 + $1.properties.count }
  }

  private mutating func removeAll() {
    events.removeAll(keepingCapacity: true)
    bytes = 0
  }
}
