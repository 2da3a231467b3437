public import Domain
public import JSON

/// One thing a contact has agreed to or taken back: when, by what words, through what. Never changed once recorded.
public struct ConsentProof: Sendable, Hashable {
  public var channel: String
  public var purpose: Purpose
  public var granted: Bool
  /// The words that were agreed to.
  public var text: String?
  /// Where that was: a form, a shop, a call.
  public var source: String?
  /// When the contact said so; nil is now.
  public var at: Timestamp?
  /// From which address of the internet, where that is known.
  public var ip: String?

  public init(
    channel: String, purpose: Purpose = .marketing, granted: Bool, text: String? = nil, source: String? = nil,
    at: Timestamp? = nil, ip: String? = nil
  ) {
    (self.channel, self.purpose, self.granted) = (channel, purpose, granted)
    (self.text, self.source, self.at, self.ip) = (text, source, at, ip)
  }

  static let fields = ["channel", "purpose", "granted", "text", "source", "at", "ip"]
  static let maxTextBytes = 8192
  static let maxIPBytes = 64

  /// Reads the body of `POST /v1/contacts/{id}/consents`; throws all of its errors at once.
  public init(_ node: JSONNode) throws(Refusal) {
    var reader = FieldReader(node, known: Self.fields)
    let channel = reader.string("channel", required: true)
    let purpose = reader.string("purpose")
    let granted = reader.bool("granted", required: true)
    text = reader.string("text", maxBytes: Self.maxTextBytes)
    source = reader.string("source", maxBytes: Self.maxTextBytes)
    at = reader.time("at")
    ip = reader.string("ip", maxBytes: Self.maxIPBytes)
    if let channel, !ChannelName.isGood(channel), let node = node["channel"] {
      reader.refuse(ChannelName.issue("/channel", at: node.location, got: channel))
    }
    if let purpose, Purpose(rawValue: purpose) == nil {
      reader.refuse("purpose", .badValue, "expected marketing or transactional, got \"\(purpose)\"")
    }
    try reader.check()
    self.channel = channel ?? ""
    self.purpose = purpose.flatMap(Purpose.init) ?? .marketing
    self.granted = granted ?? false
  }
}
