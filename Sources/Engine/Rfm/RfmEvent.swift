import Domain
import Ingest
import JSON

/// What the server says in the log when a contact has gone from one cell to another.
enum RfmEvent {
  /// What made him go.
  enum Cause: String {
    /// He bought.
    case event
    /// He has not bought for so long.
    case time
    /// He has done nothing: the boundaries were taken anew.
    case boundaries
  }

  /// - Parameter moment: when it came about; nil: now.
  static func moved(
    _ contact: Int64, from old: RfmCell?, to new: RfmCell, by version: Int64, _ cause: Cause, at moment: Timestamp?
  ) -> IncomingEvent {
    var properties: JSONObject = ["to": .string(new.text), RfmMoves.cause: .string(cause.rawValue)]
    properties["from"] = old.map { .string($0.text) }
    properties["was"] = old.map { .object($0.scores) }
    properties["version"] = .number(JSONNumber(version))
    for (name, score) in new.scores { properties[name] = score }
    return IncomingEvent(
      type: RfmRule.moved, at: moment, properties: JSONValue.object(properties).serialized(), contact: contact)
  }
}

extension RfmCell {
  var scores: JSONObject {
    [
      "recency": .number(JSONNumber(recency)), "frequency": .number(JSONNumber(frequency)),
      "monetary": .number(JSONNumber(monetary)),
    ]
  }
}
