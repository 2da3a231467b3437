public import JSON

/// An event as conditions see it.
public struct EventFact: Sendable {
  /// Its place in the log.
  public let seq: Int64
  public let at: Timestamp
  public let type: String
  public let properties: JSONValue

  public init(seq: Int64, at: Timestamp, type: String, properties: JSONValue) {
    (self.seq, self.at, self.type, self.properties) = (seq, at, type, properties)
  }

  public var moment: LogMoment { LogMoment(at: at, seq: seq) }

  /// What chains and templates see of it: the properties, with `type` and `at` beside them where they are free.
  public var visible: JSONValue {
    guard var object = properties.object else { return properties }
    if object["type"] == nil { object["type"] = .string(type) }
    if object["at"] == nil { object["at"] = .string(at.rfc3339) }
    return .object(object)
  }

  /// The value of a path into `visible`.
  func value(at path: PropertyPath) -> JSONValue? { path.value(in: properties) ?? path.value(in: visible) }
}

/// A place in a contact's past: events are ordered by when they happened, then by when they were accepted.
public struct LogMoment: Sendable, Hashable, Comparable {
  public let at: Timestamp
  public let seq: Int64

  public init(at: Timestamp, seq: Int64) { (self.at, self.seq) = (at, seq) }

  public static func < (a: LogMoment, b: LogMoment) -> Bool { (a.at, a.seq) < (b.at, b.seq) }
}

/// What is known of a message of a run.
public struct MessageState: Sendable {
  public var step: Int
  /// Handed over, dropped, skipped or unknown: nothing more is to come of it by itself.
  public var isOver: Bool
  public var sentAt: Timestamp?
  public var deliveredAt: Timestamp?
  /// By a person.
  public var openedAt: Timestamp?
  public var machineOpenedAt: Timestamp?
  public var clickedAt: Timestamp?
  public var bouncedAt: Timestamp?
  public var answeredAt: Timestamp?

  public init(
    step: Int, isOver: Bool = false, sentAt: Timestamp? = nil, deliveredAt: Timestamp? = nil,
    openedAt: Timestamp? = nil,
    machineOpenedAt: Timestamp? = nil, clickedAt: Timestamp? = nil, bouncedAt: Timestamp? = nil,
    answeredAt: Timestamp? = nil
  ) {
    (self.step, self.isOver) = (step, isOver)
    (self.sentAt, self.deliveredAt, self.openedAt) = (sentAt, deliveredAt, openedAt)
    (self.machineOpenedAt, self.clickedAt, self.bouncedAt) = (machineOpenedAt, clickedAt, bouncedAt)
    self.answeredAt = answeredAt
  }
}

/// The one whose event is a run's trigger.
public enum TriggerActor {
  /// The contact whose run it is.
  case himself
  case other(any ContactView)
  /// Another, of whom nothing is known any more.
  case gone
}

public enum SegmentMembership: Sendable {
  case known(Bool)
  /// He is one if this holds.
  case described(by: Condition)
}

/// Everything the pure rules may know of one contact. The engine answers from the file, tests from memory; both answer
/// as of the log's position that the decision is made at.
public protocol ContactView {
  /// The contact's own zone, else the shop's.
  var zone: Zone { get }
  /// Built-in fields and attributes side by side.
  var contact: JSONValue { get }
  /// When the first was heard of him.
  var firstSeenAt: Timestamp { get }
  /// Calls `visit` with the events of `type` from `since` (inclusive) through `until`, newest first, while it answers
  /// true.
  func events(of type: String, since: Timestamp, until: Timestamp, _ visit: (EventFact) throws -> Bool) throws
  /// The messages of the run that have been handed over or planned, in the order of their planning.
  func messages() throws -> [MessageState]
  /// Whether the contact may be asked for something over `channel`.
  func consents(to channel: String) throws -> Bool
  /// Whether there is an address, and nothing suppresses it.
  func isReachable(over channel: String) throws -> Bool
  /// Whether he is on the static list.
  func isMember(of list: String) throws -> Bool
  /// Whether he has an active run in the chain of that id.
  func isInside(_ chain: String) throws -> Bool
  /// Whether he is a member of the segment of that id, or how to find out.
  func membership(in segment: String) throws -> SegmentMembership
  /// Whether he stands in such a relation to anybody.
  func hasRelation(_ kind: String) throws -> Bool
  /// Whose event the run's trigger is.
  func actor() throws -> TriggerActor
  /// What a message over the channel costs, in the shop's currency; nil where nothing is configured.
  func price(of channel: String) -> JSONNumber?
  /// The variant of a step (its label) that the contact was given first in this chain.
  func variant(of step: String) throws -> String?
  /// What has been recorded of a step's test of variants in this chain.
  func winner(of step: String) throws -> String?
  /// A figure of a step of this chain, all its versions together.
  func figure(of step: String, _ outcome: String) throws -> Int64
  /// Opens, clicks and visits of the 90 days before `now` by local hour (24 counts); nil with fewer than ten.
  func readingHours(before now: Timestamp) throws -> [Int]?
  /// What counts as a purchase.
  var rfmRule: RfmRule { get }
  /// His scores at `now`, and when time alone changes them; nil: he never bought, or no boundaries were taken yet.
  func rfm(at now: Timestamp) throws -> RfmState?
  /// What the members of a segment have on an average as their own average gap between events of `type` that fit, in
  /// milliseconds; nil: fewer than ten have one, or it was not worked out yet.
  func averageGap(of type: String, where match: Match?, amongMembersOf segment: String) throws -> Double?
}
