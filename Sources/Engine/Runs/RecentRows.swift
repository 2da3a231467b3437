public import Domain
import Ingest
public import SQL

/// Contacts, runs and the events that are their triggers, as they were read or written last: planning a message, its gate
/// and its end ask for the same few within moments. They live and die as `KeptRows` do. On the writer's thread.
public final class RecentRows {
  private static let capacity = 512
  /// Of its properties; a larger event is read each time.
  private static let largestEvent = 4_096
  /// Events of contacts' pasts: who comes again comes soon, mostly.
  private static let factsKept = 4_096
  private static let largestFact = 1_024

  private let log: EventLog
  private let contacts = KeptRows<Contact>(of: "contacts", capacity: capacity)
  private let runs = KeptRows<Run>(of: "runs", capacity: capacity)
  private let triggers = KeptRows<EventFact>(of: "events", capacity: capacity)
  private let facts = KeptRows<EventFact>(of: "events", capacity: factsKept)
  /// The event that acts now.
  var acting: Occasion?

  init(log: EventLog) { self.log = log }

  public func contact(_ row: Int64, _ db: Connection) throws -> Contact? {
    try contacts.value(row, db) { try People().contact($0, db) }
  }

  public func run(_ id: Int64, _ db: Connection) throws -> Run? {
    try runs.value(id, db) { try RunStore().run($0, db) }
  }

  /// Nil when the event is gone.
  public func trigger(_ seq: Int64, _ db: Connection) throws -> EventFact? {
    try kept(in: triggers, seq, upTo: Self.largestEvent, db) {
      try log.event(seq, db).map { (try EventFact($0), $0.properties.count) }
    }
  }

  /// An event of somebody's past; nil when it is gone.
  func fact(_ entry: Timeline.Entry, ofType type: String, _ db: Connection) throws -> EventFact? {
    if let acting, acting.event.seq == entry.seq { return try acting.fact() }
    return try kept(in: facts, entry.seq, upTo: Self.largestFact, db) {
      try TimelineEvents.read(entry, ofType: type, db)
    }
  }

  /// Kept unless it is larger than so many bytes.
  private func kept(
    in rows: KeptRows<EventFact>, _ seq: Int64, upTo most: Int, _ db: Connection,
    _ read: () throws -> (fact: EventFact, bytes: Int)?
  ) throws -> EventFact? {
    var large: EventFact?
    let kept = try rows.value(seq, db) { _ -> EventFact? in
      guard let (fact, bytes) = try read() else { return nil }
      if bytes <= most { return fact }
      large = fact
      return nil
    }
    return kept ?? large
  }

  /// The run as it has just been written.
  func keep(_ run: Run, _ db: Connection) { runs.keep(run, run.id, db) }

  /// An event that has become a trigger.
  func keep(_ occasion: Occasion, _ db: Connection) throws {
    guard occasion.event.properties.count <= Self.largestEvent else { return }
    triggers.keep(try occasion.fact(), occasion.event.seq, db)
  }
}
