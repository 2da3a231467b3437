public import Domain
public import JSON

/// What a call changes about a contact: fields it does not name stay as they are, `null` takes one away.
public struct ContactPatch: Sendable {
  public enum Change<Value: Sendable>: Sendable {
    case keep
    case clear
    case set(Value)

    /// The value that stands afterwards.
    func applied(to old: Value?) -> Value? {
      switch self {
      case .keep: old
      case .clear: nil
      case .set(let value): value
      }
    }

    func map<Other: Sendable>(_ transform: (Value) -> Other) -> Change<Other> {
      switch self {
      case .keep: .keep
      case .clear: .clear
      case .set(let value): .set(transform(value))
      }
    }
  }

  public var email = Change<EmailAddress>.keep
  public var phone = Change<PhoneNumber>.keep
  public var zone = Change<Zone>.keep
  public var locale = Change<String>.keep
  /// Merged into what is there; `null` removes one.
  public var addresses: JSONObject = [:]
  /// Merged into what is there; `null` removes one.
  public var attributes: JSONObject = [:]
  public var consents: [ConsentGiven] = []

  public struct ConsentGiven: Sendable, Hashable {
    public var channel: String
    public var granted: Bool

    public init(channel: String, granted: Bool) { (self.channel, self.granted) = (channel, granted) }
  }

  public init() {}

  static let fields = ["email", "phone", "addresses", "time_zone", "locale", "attributes", "consents"]
}

extension ContactPatch {
  /// Reads the body of `PUT /v1/contacts/{id}`; throws all of its errors at once.
  /// - Parameters:
  ///   - pointer: where it stands in a larger document.
  ///   - others: keys beside its own that somebody else reads.
  public init(_ node: JSONNode, pointer: String = "", besides others: [String] = []) throws(Refusal) {
    var reader = FieldReader(node, pointer: pointer, known: Self.fields + others)
    self.init()
    email = reader.change("email", to: EmailAddress.init, "an e-mail address", EmailAddress.hint)
    phone = reader.change("phone", to: PhoneNumber.init, "a phone number", PhoneNumber.hint)
    zone = reader.zone("time_zone")
    locale = reader.change("locale", to: Locales.normalised, "a language, with a country or without", Locales.hint)
    addresses = reader.addresses("addresses")
    attributes = reader.attributes("attributes")
    consents = reader.consents("consents")
    try reader.check()
  }
}

extension FieldReader {
  /// Absent keeps, `null` clears, a text is read by `parse`.
  fileprivate mutating func change<Value>(
    _ key: String, to parse: (String) -> Value?, _ expected: String, _ hint: String
  ) -> ContactPatch.Change<Value> {
    guard let value = field(key) else { return .keep }
    if value.isNull { return .clear }
    guard let text = string(key) else { return .keep }
    if let parsed = parse(text) { return .set(parsed) }
    refuse(key, .badValue, "expected \(expected), got \"\(text)\"", hint: hint)
    return .keep
  }

  fileprivate mutating func zone(_ key: String) -> ContactPatch.Change<Zone> {
    guard let value = field(key) else { return .keep }
    if value.isNull { return .clear }
    guard let text = string(key) else { return .keep }
    if let zone = Zone(text) { return .set(zone) }
    let meant = nearest(to: text, among: TimeZoneNames.known)
    refuse(
      key, .badValue, "expected a time zone of the IANA database, got \"\(text)\"",
      hint: meant.map { "did you mean `\($0)`?" } ?? "such as \"Europe/Moscow\"")
    return .keep
  }

  /// `["sms"]` grants, `{"sms": true, "email": false}` says which.
  fileprivate mutating func consents(_ key: String) -> [ContactPatch.ConsentGiven] {
    guard let value = field(key), !value.isNull else { return [] }
    switch value.kind {
    case .array:
      return value.elements.enumerated().compactMap { index, element in
        guard let channel = channel(element, pointer(to: key) + "/\(index)") else { return nil }
        return ContactPatch.ConsentGiven(channel: channel, granted: true)
      }
    case .object:
      return value.members.compactMap { member in
        let name = member.key
        let pointer = pointer(to: key) + Issue.pointer(name)
        guard ChannelName.isGood(name) else {
          refuse(ChannelName.issue(pointer, at: member.keyLocation, got: name))
          return nil
        }
        guard let granted = member.value.bool else {
          refuse(.wrongType(pointer, member.value, expected: "true or false"))
          return nil
        }
        return ContactPatch.ConsentGiven(channel: name, granted: granted)
      }
    case .null, .bool, .number, .string:
      refuse(.wrongType(pointer(to: key), value, expected: "an array of channels, or an object with true or false"))
      return []
    }
  }

  private mutating func channel(_ node: JSONNode, _ pointer: String) -> String? {
    guard let name = node.string else {
      refuse(.wrongType(pointer, node, expected: "a channel's name"))
      return nil
    }
    guard ChannelName.isGood(name) else {
      refuse(ChannelName.issue(pointer, at: node.location, got: name))
      return nil
    }
    return name
  }
}
