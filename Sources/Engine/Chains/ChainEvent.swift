public import Domain
public import JSON

/// What the server itself says in the log about a contact and a chain.
public enum ChainEvent {
  /// Somebody (a call, another chain's step) wants the contact to enter.
  public static let requested = "enroll.requested"
  /// Another chain's step wants his runs to end.
  public static let leaving = "leave.requested"
  /// The contact's date has come, or a schedule's time at his place.
  static let date = "enroll.date"
  static let schedule = "enroll.schedule"
  /// A run began, or ended; said only where some chain listens.
  public static let entered = "chain.entered"
  public static let ended = "chain.ended"

  /// - Parameters:
  ///   - by: `api`, or the id of a chain.
  ///   - properties: what the new run's trigger says.
  public static func request(
    _ type: String, chain: String, contact: Int64, by: String, properties: JSONObject = [:]
  ) -> IncomingEvent {
    var object = properties
    object["chain"] = .string(chain)
    object["by"] = .string(by)
    return IncomingEvent(type: type, properties: JSONValue.object(object).serialized(), contact: contact)
  }

  /// - Parameters:
  ///   - trigger: what the calendar calls it.
  ///   - due: when he was to come; the decision's moment, however late it is made.
  ///   - more: what the new run's trigger says beside.
  static func timed(
    _ type: String, _ trigger: String, of chain: String, contact: Int64, at due: Timestamp, occasion: Int64,
    more: (name: String, text: String)
  ) -> IncomingEvent {
    let properties: JSONObject = [
      "chain": .string(chain), "trigger": .string(trigger), "occasion": .number(JSONNumber(occasion)),
      more.name: .string(more.text),
    ]
    return IncomingEvent(
      type: type, at: due, properties: JSONValue.object(properties).serialized(), contact: contact)
  }

  /// A chain's own condition has become true for the contact.
  static func became(true trigger: String, of chain: String, contact: Int64, at moment: Timestamp) -> IncomingEvent {
    let properties: JSONValue = ["chain": .string(chain), "trigger": .string(trigger)]
    return IncomingEvent(
      type: SegmentEvent.when, at: moment, properties: properties.serialized(), contact: contact)
  }

  /// What such an event leads to is decided for the moment at which it was due, however late that is done.
  static func isOfItsMoment(_ type: String) -> Bool {
    isTimed(type) || type == SegmentEvent.when || type == SegmentEvent.entered || type == SegmentEvent.left
  }

  static func isTimed(_ type: String) -> Bool { type == date || type == schedule }

  static func said(_ type: String, chain: String, of run: Run) -> IncomingEvent {
    var properties: JSONObject = ["chain": .string(chain), "run": .string(String(run.id))]
    properties["reason"] = run.reason.map { .string($0) }
    return IncomingEvent(type: type, properties: JSONValue.object(properties).serialized(), contact: run.contact)
  }
}
