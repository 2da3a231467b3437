import CCurl
public import Domain

/// Posts to webhooks over HTTP. Redirects are failures, and an address inside a private network is refused when the
/// connection is made, whatever name led to it (OWASP Server-Side Request Forgery Prevention Cheat Sheet, case 2).
public struct WebhookPoster: WebhookDoor {
  private let allowsPrivate: Bool
  private let timeoutMilliseconds: Int
  private let now: @Sendable () -> Int64

  /// - Parameters:
  ///   - allowsPrivate: addresses of the machine itself and of private networks too.
  ///   - now: milliseconds since 1970, against which a date in Retry-After is held.
  public init(allowsPrivate: Bool, timeoutMilliseconds: Int = 20_000, now: @escaping @Sendable () -> Int64) {
    (self.allowsPrivate, self.timeoutMilliseconds, self.now) = (allowsPrivate, timeoutMilliseconds, now)
  }

  public func connect() -> any WebhookConnection {
    WebhookWire(allowsPrivate: allowsPrivate, timeoutMilliseconds: timeoutMilliseconds, now: now)
  }
}

/// One thread's connections, kept between requests: a webhook knows repetitions by their id.
private final class WebhookWire: WebhookConnection {
  private let allowsPrivate: Bool
  private let timeoutMilliseconds: Int
  private let now: @Sendable () -> Int64
  private var handle: CurlHandle?
  private let exchange = HTTPExchange()
  private let guardian = AddressGuard()

  init(allowsPrivate: Bool, timeoutMilliseconds: Int, now: @escaping @Sendable () -> Int64) {
    (self.allowsPrivate, self.timeoutMilliseconds, self.now) = (allowsPrivate, timeoutMilliseconds, now)
  }

  func post(_ request: WebhookRequest) -> WebhookAnswer {
    let handle: CurlHandle
    do { handle = try self.handle ?? open() } catch { return .failed(reason: "\(error)") }
    exchange.begin()
    guardian.blocked = nil
    handle.set(CURLOPT_URL, request.url)
    handle.setBody(request.body)
    handle.set(CURLOPT_CUSTOMREQUEST, "POST")
    let code = handle.perform(CURLOPT_HTTPHEADER, list: request.headers)
    if let blocked = guardian.blocked {
      return .failed(reason: "ssrf_blocked: \(blocked) is no public address")
    }
    guard let answer = exchange.answer else { return .failed(reason: handle.failureText(code)) }
    return outcome(of: answer)
  }

  private func outcome(of answer: HTTPAnswer) -> WebhookAnswer {
    switch answer.status {
    case 200..<300: .delivered
    case 410: .gone
    case 429, 502, 503, 504:
      .throttled(
        afterSeconds: RetryAfter.seconds(answer.retryAfter, now: now()) ?? RetryAfter.defaultSeconds,
        reason: "status \(answer.status)")
    default: .failed(reason: "expected a status 2xx, got \(answer.status)")
    }
  }

  private func open() throws(CurlFailure) -> CurlHandle {
    let handle = try CurlHandle(
      protocols: "http,https", timeoutMilliseconds: timeoutMilliseconds, certificates: nil)
    handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    handle.set(CURLOPT_USERAGENT, "Zveno")
    exchange.attach(to: handle)
    if !allowsPrivate { guardian.attach(to: handle) }
    self.handle = handle
    return handle
  }
}
