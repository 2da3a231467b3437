public import Domain
import JSON

/// What the server itself says in the log about a contact, so that runs which wait for it look again.
public enum ContactEvent {
  /// Another contact has become this one.
  static let merged = "contact.merged"

  /// Names of fields, never their values: the log keeps them for years.
  public static func updated(_ contact: Int64, fields: [String]) -> IncomingEvent {
    let properties: JSONValue = ["changed": .array(fields.map(JSONValue.string))]
    return IncomingEvent(type: ContactChange.type, properties: properties.serialized(), contact: contact)
  }
}
