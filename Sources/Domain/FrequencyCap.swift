/// How many marketing messages one contact may get over some channels within a time, all chains together.
public struct FrequencyCap: Sendable, Hashable {
  public var channels: [String]
  /// 1 or more.
  public var limit: Int
  /// A message counts while `at ≤ now < at + per`, on the contact's calendar.
  public var per: Span

  public init(channels: [String], limit: Int, per: Span) {
    (self.channels, self.limit, self.per) = (channels, limit, per)
  }

  /// `sms+call 2 per 7d`
  public var text: String { "\(channels.joined(separator: "+")) \(limit) per \(per.text)" }
}

/// What has kept a message from leaving at its time.
public enum HeldBy: Sendable, Hashable {
  /// The channel's or the chain's.
  case hours
  /// Of its chain.
  case pause
  /// Tries that came to nothing.
  case provider
  /// An event of this type was too short a time ago.
  case quietAfter(String)
  /// `winner`: the chain whose message takes the last slot.
  case cap(FrequencyCap, winner: String?)

  /// As the message's row, events and answers say it.
  public var text: String {
    switch self {
    case .hours: "hours"
    case .pause: "pause"
    case .provider: "provider"
    case .quietAfter(let type): "quiet_after \(type)"
    case .cap(let cap, nil): "cap \(cap.text)"
    case .cap(let cap, let winner?): "cap \(cap.text): won by \(winner)"
    }
  }
}
