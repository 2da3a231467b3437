public import JSON

/// One contact's way through one version of a chain.
public struct Run: Sendable, Equatable {
  public enum State: String, Sendable {
    case active, ended
  }

  /// Row of the run; 0 until it is stored.
  public var id: Int64
  public var chain: Int64
  public var version: Int64
  public var contact: Int64
  /// The value of `per`, empty without.
  public var key: String
  public var state: State
  /// Index in the program.
  public var step: Int
  public var enteredAt: Timestamp
  /// Gets transactional messages and nothing else: it is measured against.
  public var isHeldOut = false
  /// The contact whose event is the trigger, where the run is another's.
  public var actor: Int64?
  /// The variants it has been given, by the steps' labels.
  public var variants: [String: String] = [:]
  /// Which of the chain's triggers let it in.
  public var enteredBy = 0
  /// The event that entered it, by when it happened and its place in the log.
  public var entry: LogMoment
  /// The event that is `trigger` now.
  public var triggerSeq: Int64
  public var stepStart: LogMoment
  /// When the step ends by time.
  public var stepDueAt: Timestamp?
  /// When to look at the run again; nil when only an event moves it.
  public var dueAt: Timestamp?
  /// What `set` wrote.
  public var data: JSONObject
  /// When the steps ended that a `since` names.
  public var marks: [Int: LogMoment]
  /// Until when the goal is looked for; nil when there is none, or it was reached.
  public var goalUntil: Timestamp?
  public var endedAt: Timestamp?
  public var reason: String?

  public init(
    id: Int64, chain: Int64, version: Int64, contact: Int64, key: String, state: State, step: Int,
    enteredAt: Timestamp, entry: LogMoment, triggerSeq: Int64, stepStart: LogMoment, stepDueAt: Timestamp?,
    dueAt: Timestamp?, data: JSONObject, marks: [Int: LogMoment], goalUntil: Timestamp?, endedAt: Timestamp?,
    reason: String?
  ) {
    (self.id, self.chain, self.version, self.contact, self.key) = (id, chain, version, contact, key)
    (self.state, self.step, self.enteredAt, self.entry) = (state, step, enteredAt, entry)
    (self.triggerSeq, self.stepStart, self.stepDueAt, self.dueAt) = (triggerSeq, stepStart, stepDueAt, dueAt)
    (self.data, self.marks, self.goalUntil) = (data, marks, goalUntil)
    (self.endedAt, self.reason) = (endedAt, reason)
  }
}
