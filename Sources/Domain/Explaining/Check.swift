public import JSON

/// One condition of a document and what became of it at one moment.
public struct Check: Sendable {
  /// Where it stands in the document (RFC 6901); of what an `escalate` stands for, the step's.
  public var pointer: String
  /// As the document has it.
  public var condition: JSONValue
  public var holds: Bool
  /// The earliest moment at which time alone could change that.
  public var until: Timestamp?
  /// The values that were compared.
  public var saw: JSONObject = [:]
  /// Places in the log of the events that counted, the newest first; the newest only, where there are many.
  public var events: [Int64] = []
  /// Of the same type, and they did not fit.
  public var missed: [Int64] = []
  /// What would turn the answer, for people.
  public var turn: String = ""
  /// Of `all`, `any`, `not` and `of`.
  public var parts: [Check] = []

  /// What would make it true and until when; nil when it is.
  public var wouldHold: String? { holds ? nil : turn }

  public init(pointer: String, condition: JSONValue, holds: Bool, until: Timestamp? = nil) {
    (self.pointer, self.condition, self.holds, self.until) = (pointer, condition, holds, until)
  }

  /// - Parameter name: what people call an event by its place in the log.
  public func json(_ name: (Int64) throws -> String) rethrows -> JSONValue {
    var object: JSONObject = ["pointer": .string(pointer), "condition": condition, "holds": .bool(holds)]
    object["saw"] = .object(saw)
    object["events"] = .array(try events.map { .string(try name($0)) })
    if !missed.isEmpty { object["missed"] = .array(try missed.map { .string(try name($0)) }) }
    object["until"] = until.map { .string($0.rfc3339) }
    object["would_hold"] = wouldHold.map(JSONValue.string) ?? .null
    if !parts.isEmpty { object["checks"] = .array(try parts.map { try $0.json(name) }) }
    return .object(object)
  }

  /// The parts that decide and have none themselves: of what holds those that hold, of what fails those that fail.
  public var deciding: [Check] {
    if parts.isEmpty { return [self] }
    if condition.object?.keys == ["not"] { return parts.flatMap(\.deciding) }
    return parts.filter { $0.holds == holds }.flatMap(\.deciding)
  }
}
