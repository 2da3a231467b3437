public import Domain
public import JSON

/// The server's own event about a message, as it enters the log.
public struct MessageEvent: Sendable {
  public var type: String
  public var message: Int64
  public var contact: Int64
  public var channel: String
  public var chain: String
  public var step: String
  public var more: JSONObject

  public init(
    type: String, message: Int64, contact: Int64, channel: String, chain: String, step: String, more: JSONObject = [:]
  ) {
    (self.type, self.message, self.contact, self.channel) = (type, message, contact, channel)
    (self.chain, self.step, self.more) = (chain, step, more)
  }

  public var incoming: IncomingEvent {
    var properties: JSONObject = [
      "channel": .string(channel), "chain": .string(chain), "step": .string(step), "message": .string(String(message)),
    ]
    for (name, value) in more { properties[name] = value }
    return IncomingEvent(
      type: type, properties: JSONValue.object(properties).serialized(), contact: contact, message: message)
  }
}
