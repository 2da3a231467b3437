public import Domain
import JSON

/// What the server itself says in the log about a contact, so that runs which wait for it look again.
public enum ContactEvent {
  /// Asks that the contact is merged into another: when its turn in the log comes.
  static let merging = "contact.merge"
  /// The contact has become one with another; it is the survivor's.
  public static let merged = "contact.merged"

  /// Names of fields, never their values: the log keeps them for years.
  /// - Parameter chain: the id of the one whose step did it.
  public static func updated(_ contact: Int64, fields: [String], by chain: String? = nil) -> IncomingEvent {
    var properties: JSONObject = ["changed": .array(fields.map(JSONValue.string))]
    properties["by"] = chain.map { .string($0) }
    return IncomingEvent(
      type: ContactChange.type, properties: JSONValue.object(properties).serialized(), contact: contact)
  }

  /// What is to be said of a change: what is different, and who has turned out to be the same person. Nothing when
  /// nothing is.
  public static func said(of change: People.Changed) -> [IncomingEvent] {
    let row = change.contact.row
    let updated = change.fields.isEmpty ? [] : [updated(row, fields: change.fields)]
    return updated + change.others.map { merge($0, into: row, by: .update) }
  }

  /// Why two contacts are taken for one person.
  public enum Reason: String, Sendable {
    /// An event, or a change, names both: only who has no id follows whoever has one.
    case event, update
    /// Somebody says so.
    case call
  }

  /// Both by contacts.id.
  public static func merge(_ contact: Int64, into survivor: Int64, by reason: Reason) -> IncomingEvent {
    let properties: JSONValue = ["into": .number(JSONNumber(survivor)), "by": .string(reason.rawValue)]
    return IncomingEvent(type: merging, properties: properties.serialized(), contact: contact)
  }

  /// - Parameter id: the shop's own of the one who is merged.
  static func merged(id: String?, into survivor: Int64, by reason: Reason) -> IncomingEvent {
    var properties: JSONObject = ["by": .string(reason.rawValue)]
    properties["merged"] = id.map(JSONValue.string)
    return IncomingEvent(type: merged, properties: JSONValue.object(properties).serialized(), contact: survivor)
  }
}
