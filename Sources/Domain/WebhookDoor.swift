/// A request to a shop's own system, signed and ready to leave.
public struct WebhookRequest: Sendable, Equatable {
  public let url: String
  /// Whole lines, `Name: value`.
  public let headers: [String]
  public let body: [UInt8]

  public init(url: String, headers: [String], body: [UInt8]) {
    (self.url, self.headers, self.body) = (url, headers, body)
  }
}

/// How a request to a webhook ended.
public enum WebhookAnswer: Sendable, Equatable {
  case delivered
  /// 410: the far side wants nothing any more.
  case gone
  /// Not now; nothing to this webhook before then.
  case throttled(afterSeconds: Double, reason: String)
  /// Later again.
  case failed(reason: String)
}

/// The way out of the process for webhooks.
public protocol WebhookDoor: Sendable {
  func connect() -> any WebhookConnection
}

/// Used by one thread.
public protocol WebhookConnection: AnyObject {
  /// Blocks until the far side has answered or time is up.
  func post(_ request: WebhookRequest) -> WebhookAnswer
}
