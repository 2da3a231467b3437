public import Domain
public import JSON

/// An address that messages do not pass to.
public struct Suppression: Sendable, Hashable {
  /// What is kept back.
  public enum Reach: String, Sendable, CaseIterable {
    /// Everything: a dead address, a complaint, a demand.
    case all
    /// What asks for something: an unsubscribe.
    case marketing
  }

  /// In the form of its kind: e-mail in lower case, phone in E.164, anything else as it came.
  public var address: String
  /// Nil is every channel.
  public var channel: String?
  public var reach: Reach
  public var reason: String
  public var at: Timestamp

  public init(address: String, channel: String? = nil, reach: Reach = .all, reason: String, at: Timestamp) {
    (self.address, self.channel, self.reach, self.reason, self.at) = (address, channel, reach, reason, at)
  }

  public var json: JSONValue {
    [
      "address": .string(address), "channel": channel.map(JSONValue.string) ?? .null,
      "purpose": .string(reach.rawValue), "reason": .string(reason), "at": .string(at.rfc3339),
    ]
  }

  static let fields = ["address", "channel", "purpose", "reason"]
  static let maxReasonBytes = 1024

  /// Reads the body of `POST /v1/suppressions`; throws all of its errors at once.
  public init(_ node: JSONNode, at: Timestamp) throws(Refusal) {
    var reader = FieldReader(node, known: Self.fields)
    let raw = reader.string("address", required: true)
    channel = reader.string("channel")
    reach = reader.word("purpose", Reach.self) ?? .all
    reason = reader.string("reason", maxBytes: Self.maxReasonBytes) ?? "asked for"
    self.at = at
    if let channel, !ChannelName.isGood(channel), let node = node["channel"] {
      reader.refuse(ChannelName.issue("/channel", at: node.location, got: channel))
    }
    address = raw.flatMap { [channel] in Self.normalised($0, channel: channel) } ?? ""
    if raw != nil, address.isEmpty {
      reader.refuse(
        "address", .badValue, "expected an address of its channel",
        hint: "an e-mail address, or a phone number \(PhoneNumber.hint)")
    }
    try reader.check()
  }

  /// The one form in which an address is kept and compared. Nil for one that its channel could not have. Without a
  /// channel, what has an `@` inside is an e-mail address, what begins with `+` or digits a phone number.
  public static func normalised(_ raw: String, channel: String?) -> String? {
    let trimmed = raw.drop { $0 == " " }
    switch channel {
    case "email": return EmailAddress(raw)?.text
    case "sms", "call", "whatsapp": return PhoneNumber(raw)?.text
    case nil where trimmed.dropFirst().contains("@"): return EmailAddress(raw)?.text
    case nil where trimmed.first == "+": return PhoneNumber(raw)?.text
    case nil: return PhoneNumber(raw)?.text ?? raw
    default: return raw
    }
  }
}
