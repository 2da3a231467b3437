public import Domain
public import JSON

/// What came of a rehearsal.
public struct RehearsalFigures: Sendable {
  /// Messages that left in one hour over one channel.
  public struct Hour: Sendable, Hashable {
    public let hour: Timestamp
    public let channel: String
    public let messages: Int64
  }

  public struct ChannelFigures: Sendable, Hashable {
    public let channel: String
    public let messages: Int64
    /// In ten-thousandths of the shop's currency.
    public let price: Int64
  }

  /// Another chain that wrote to the same contacts in the same time.
  public struct Overlap: Sendable, Hashable {
    public let chain: String
    public let contacts: Int64
    public let messages: Int64
  }

  public var entries: Int64 = 0
  /// Still inside at the end.
  public var inside: Int64 = 0
  public var messages: Int64 = 0
  public var hours: [Hour] = []
  public var channels: [ChannelFigures] = []
  /// Planned and not sent, by the ledger's reason.
  public var unsent: [(reason: String, messages: Int64)] = []
  /// What a cap or a time of quiet kept back, for a while or for good.
  public var capped: Int64 = 0
  public var overlap: [Overlap] = []
  public var samples: [RehearsalSample] = []
  /// What the past cannot know, and what was taken instead.
  public var assumed: [String] = []

  public var price: Int64 { channels.reduce(0) { $0 + $1.price } }

  /// The fields of an answer.
  public var json: JSONObject {
    [
      "entries": .number(JSONNumber(entries)), "inside": .number(JSONNumber(inside)),
      "messages": .number(JSONNumber(messages)),
      "by_hour": .array(
        hours.map {
          [
            "hour": .string($0.hour.rfc3339), "channel": .string($0.channel),
            "messages": .number(JSONNumber($0.messages)),
          ]
        }),
      "by_channel": .array(
        channels.map {
          [
            "channel": .string($0.channel), "messages": .number(JSONNumber($0.messages)),
            "price": .string(Self.decimal($0.price)),
          ]
        }),
      "price": .string(Self.decimal(price)), "capped": .number(JSONNumber(capped)),
      "unsent": .array(
        unsent.map { ["reason": .string($0.reason), "messages": .number(JSONNumber($0.messages))] }),
      "overlap": .array(
        overlap.map {
          [
            "chain": .string($0.chain), "contacts": .number(JSONNumber($0.contacts)),
            "messages": .number(JSONNumber($0.messages)),
          ]
        }),
      "samples": .array(samples.map(\.json)), "assumed": .array(assumed.map(JSONValue.string)),
    ]
  }

  /// `12.50`
  static func decimal(_ tenThousandths: Int64) -> String {
    let (whole, rest) = tenThousandths.quotientAndRemainder(dividingBy: 10_000)
    var digits = String(10_000 + rest).dropFirst()
    while digits.count > 2, digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }
}

/// One contact's time in a rehearsal.
public struct RehearsalSample: Sendable {
  public struct Line: Sendable {
    public let at: Timestamp
    public let what: JSONObject
  }

  /// Public id.
  public let contact: String
  public let lines: [Line]

  var json: JSONValue {
    [
      "contact": .string(contact),
      "timeline": .array(
        lines.map { line in
          var object = line.what
          object["at"] = .string(line.at.rfc3339)
          return .object(object)
        }),
    ]
  }
}
