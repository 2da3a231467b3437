public import JSON

/// Whether a message asks for something or tells what was asked for: consent, hours and caps bind marketing alone.
public enum Purpose: String, Sendable {
  case marketing, transactional
}

/// Whether a channel may be used before the contact has said anything.
public enum ConsentRule: String, Sendable {
  case optIn = "opt_in"
  case optOut = "opt_out"
  /// Nothing is asked; a refusal still counts.
  case none
}

/// What configuration says of a channel, how its adapter works aside.
public struct ChannelPolicy: Sendable, Hashable {
  /// Allowed local hours; nil allows all.
  public var hours: ClockSpan?
  public var consent: ConsentRule
  /// Decimal text in the shop's currency.
  public var price: String?
  /// Hand-overs a second at most; nil is as fast as it goes.
  public var perSecond: Int?
  /// Tries before a message is given up as failed.
  public var maxAttempts: Int
  /// What is handed over becomes a task for an operator.
  public var opensTask: Bool

  public init(
    hours: ClockSpan? = nil, consent: ConsentRule = .none, price: String? = nil, perSecond: Int? = nil,
    maxAttempts: Int = 12, opensTask: Bool = false
  ) {
    (self.hours, self.consent, self.price) = (hours, consent, price)
    (self.perSecond, self.maxAttempts, self.opensTask) = (perSecond, maxAttempts, opensTask)
  }
}

/// What an adapter is handed: rendered, addressed and allowed.
public struct OutgoingMessage: Sendable {
  public let id: Int64
  /// The same over all tries: Message-ID, idempotency key.
  public let key: String
  public let channel: String
  public let purpose: Purpose
  public let to: String
  public let toName: String?
  public let subject: String?
  public let text: String?
  public let html: String?
  /// Where one click unsubscribes (RFC 8058); nil for transactional messages.
  public let unsubscribeURL: String?
  /// The contact's public id.
  public let contact: String
  public let data: JSONValue

  public init(
    id: Int64, key: String, channel: String, purpose: Purpose, to: String, toName: String? = nil,
    subject: String? = nil, text: String? = nil, html: String? = nil, unsubscribeURL: String? = nil,
    contact: String, data: JSONValue = .object([:])
  ) {
    (self.id, self.key, self.channel, self.purpose) = (id, key, channel, purpose)
    (self.to, self.toName, self.subject, self.text, self.html) = (to, toName, subject, text, html)
    (self.unsubscribeURL, self.contact, self.data) = (unsubscribeURL, contact, data)
  }
}

/// How a hand-over ended.
public enum HandOver: Sendable, Equatable {
  case accepted(providerID: String?)
  /// For good: trying again would end the same.
  case rejected(reason: String)
  /// Not now; this message later.
  case retry(afterSeconds: Double?, reason: String)
  /// Not now; the whole channel later.
  case throttled(afterSeconds: Double, reason: String)
  /// It may have gone out or not.
  case unknown(reason: String)
}

/// A channel's way out of the process.
public protocol ChannelAdapter: Sendable {
  /// How many messages may be at hand at once.
  var connections: Int { get }
  /// The same message may be handed over again after a crash: the far side knows it by its key.
  var isIdempotent: Bool { get }
  /// Accepted means that a task for an operator is put in the queue.
  var opensTask: Bool { get }

  func connect() -> any ChannelConnection
}

/// One connection of a channel, used by one thread.
public protocol ChannelConnection: AnyObject {
  /// Blocks until the far side has answered or time is up.
  func send(_ message: OutgoingMessage) -> HandOver

  func close()
}
