import JSON

/// What the evaluator looked at on the way to one answer. Only those who explain it bring one.
final class Witness {
  /// The newest of what counted and of what did not fit, for people to look up.
  static let eventsKept = 10

  private(set) var counted: [EventFact] = []
  private(set) var missed: [EventFact] = []
  private(set) var countedAll = 0
  private(set) var missedAll = 0
  /// What was counted or added up, and for each test what it was compared with (nil: there was nothing).
  private(set) var measures: [(value: JSONNumber?, operand: JSONNumber?)] = []
  private(set) var messages: [MessageState] = []
  private(set) var cost: Double?
  private(set) var limit: Double?
  /// Since when he has been silent, and from when on that is long enough.
  private(set) var silence: (since: Timestamp, until: Timestamp)?

  func counts(_ event: EventFact) {
    countedAll += 1
    if counted.count < Self.eventsKept { counted.append(event) }
  }

  func misses(_ event: EventFact) {
    missedAll += 1
    if missed.count < Self.eventsKept { missed.append(event) }
  }

  func measured(_ value: JSONNumber?, against operand: JSONNumber?) { measures.append((value, operand)) }

  func wasSilent(since: Timestamp, until: Timestamp) { silence = (since, until) }

  private(set) var cell: RfmCell?

  func scored(_ cell: RfmCell) { self.cell = cell }

  func chose(_ messages: [MessageState]) { self.messages = messages }

  func weighed(_ cost: Double, against limit: Double) { (self.cost, self.limit) = (cost, limit) }
}
