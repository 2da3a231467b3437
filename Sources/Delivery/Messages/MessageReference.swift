public import Engine
public import JSON

/// What an event about a message says of it: its row without what it was made of.
public struct MessageReference: Sendable {
  public let id: Int64
  /// contacts.id
  public let contact: Int64
  public let channel: String
  /// chains.id
  public let chain: String
  public let step: String
  /// Nil until claimed.
  public let address: String?

  public func event(_ type: String, more: JSONObject = [:]) -> MessageEvent {
    MessageEvent(
      type: type, message: id, contact: contact, channel: channel, chain: chain, step: step, more: more)
  }
}
