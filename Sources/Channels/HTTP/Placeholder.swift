import Domain
import JSON

/// What a request may name of a message: `{{to}}`, `{{message.key}}`, `{{data.order.id}}`.
enum Placeholder: Sendable, Hashable {
  case to, toDigits, toName, subject, text, html, contact, channel, purpose, unsubscribeURL
  case messageID
  /// The same over all tries.
  case messageKey
  /// A path into the values that the chain gave the message.
  case data([String])

  static let names: [String: Placeholder] = [
    "to": .to, "to_digits": .toDigits, "to_name": .toName, "subject": .subject, "text": .text, "html": .html,
    "contact": .contact, "channel": .channel, "purpose": .purpose, "unsubscribe_url": .unsubscribeURL,
    "message.id": .messageID, "message.key": .messageKey,
  ]

  init?(_ name: String) {
    if let known = Self.names[name] {
      self = known
      return
    }
    let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.first == "data", path.count > 1, path.allSatisfy({ !$0.isEmpty }) else { return nil }
    self = .data(Array(path.dropFirst()))
  }

  /// As written between the braces.
  var name: String {
    if case .data(let path) = self { return (["data"] + path).joined(separator: ".") }
    return Self.names.first { $0.value == self }?.key ?? ""
  }

  /// Whether it is the same for the same message on every try, and for no other message.
  var tellsMessagesApart: Bool { self == .messageID || self == .messageKey }

  var isContent: Bool { self == .text || self == .html }

  /// Null for what a message may lack; throws for data that it should have and has not.
  func value(of message: OutgoingMessage) throws(Unfillable) -> JSONValue {
    switch self {
    case .to: .string(message.to)
    case .toDigits: .string(String(message.to.filter { $0.isASCII && $0.isNumber }))
    case .toName: Self.optional(message.toName)
    case .subject: Self.optional(message.subject)
    case .text: Self.optional(message.text)
    case .html: Self.optional(message.html)
    case .contact: .string(message.contact)
    case .channel: .string(message.channel)
    case .purpose: .string(message.purpose.rawValue)
    case .unsubscribeURL: Self.optional(message.unsubscribeURL)
    case .messageID: .string(String(message.id))
    case .messageKey: .string(message.key)
    case .data(let path): try Self.data(path, of: message)
    }
  }

  private static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

  private static func data(_ path: [String], of message: OutgoingMessage) throws(Unfillable) -> JSONValue {
    var value = message.data
    for (depth, key) in path.enumerated() {
      guard let next = value[key] else {
        throw Unfillable(
          reason:
            "the request names {{data.\(path[...depth].joined(separator: "."))}}, which this message does not have")
      }
      value = next
    }
    return value
  }
}

/// A message that a request cannot be made of; trying again would end the same.
struct Unfillable: Error, Equatable {
  let reason: String
}
