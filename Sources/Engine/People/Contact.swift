public import Domain
public import JSON

/// A person as the shop's events and calls have described him so far.
public struct Contact: Sendable {
  public let row: Int64
  public var externalID: String?
  public var email: String?
  public var phone: String?
  public var anonymousID: String?
  /// Where channels reach him that use neither e-mail nor phone: `vk`, `telegram`, `push`.
  public var addresses: JSONObject
  public var zone: Zone?
  public var locale: String?
  public var attributes: JSONObject
  public var firstSeenAt: Timestamp
  public var updatedAt: Timestamp

  /// What answers and paths call him by: the shop's own id, else the strongest key there is.
  public var publicID: String {
    if let externalID { return externalID }
    if let email { return "email:" + email }
    if let phone { return "phone:" + phone }
    return "anonymous:" + (anonymousID ?? String(row))
  }

  /// Nil when the contact cannot be reached there.
  public func address(for channel: String) -> String? {
    switch channel {
    case "email": email
    case "sms", "call", "whatsapp": phone
    default: addresses[channel]?.string
    }
  }
}

extension Contact {
  /// What a letter's address line calls him: the attributes `first_name` and `last_name`, else `name`.
  public var displayName: String? {
    let parts = [attributes["first_name"]?.string, attributes["last_name"]?.string].compactMap { $0 }
    return parts.isEmpty ? attributes["name"]?.string : parts.joined(separator: " ")
  }

  /// What conditions and templates see as `contact`: attributes beside the built-in fields, which win.
  public var json: JSONValue {
    if attributes.isEmpty { return .object(builtIn) }
    var object = attributes
    for (name, value) in builtIn { object[name] = value }
    return .object(object)
  }

  /// What answers show: attributes in an object of their own.
  public var profile: JSONObject {
    var object = builtIn
    object["attributes"] = .object(attributes)
    return object
  }

  private var builtIn: JSONObject {
    var object: JSONObject = ["id": .string(publicID)]
    object["email"] = email.map(JSONValue.string)
    object["phone"] = phone.map(JSONValue.string)
    object["anonymous_id"] = anonymousID.map(JSONValue.string)
    object["time_zone"] = zone.map { .string($0.identifier) }
    object["locale"] = locale.map(JSONValue.string)
    object["addresses"] = .object(addresses)
    object["first_seen_at"] = .string(firstSeenAt.rfc3339)
    object["updated_at"] = .string(updatedAt.rfc3339)
    return object
  }
}
