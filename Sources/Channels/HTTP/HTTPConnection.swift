import CCurl
import Domain

/// One connection to a provider. It is kept between messages where a request may be repeated; libcurl sends a request
/// again by itself when a kept connection closes on it, so without an idempotency key every request takes a fresh one.
final class HTTPConnection: ChannelConnection {
  private let settings: HTTPSettings
  private let now: @Sendable () -> Int64
  private var handle: CurlHandle?
  private let exchange = HTTPExchange()

  init(_ settings: HTTPSettings, now: @escaping @Sendable () -> Int64) {
    (self.settings, self.now) = (settings, now)
  }

  func send(_ message: OutgoingMessage) -> HandOver {
    let request: HTTPRequest
    let handle: CurlHandle
    do {
      request = try settings.request.filled(of: message)
      handle = try self.handle ?? open()
    } catch let unfillable as Unfillable {
      return .rejected(reason: unfillable.reason)
    } catch {
      return .retry(afterSeconds: nil, reason: "\(error)")
    }
    return perform(request, on: handle).withReason(settings.secrets.hidden)
  }

  func close() { handle = nil }

  private func perform(_ request: HTTPRequest, on handle: CurlHandle) -> HandOver {
    exchange.begin()
    handle.set(CURLOPT_URL, request.url)
    if let body = request.body { handle.setBody(body) }
    handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    let code = handle.perform(CURLOPT_HTTPHEADER, list: request.headers)
    if let answer = exchange.answer { return settings.rules.outcome(of: answer, now: now()) }
    let failure = handle.failureText(code)
    let isSentWhole =
      exchange.isRequestBegun && handle.offset(CURLINFO_SIZE_UPLOAD_T) >= Int64(request.body?.count ?? 0)
    if isSentWhole, !settings.isIdempotent {
      return .unknown(reason: "the request was sent whole, then no answer came: \(failure)")
    }
    return .retry(afterSeconds: nil, reason: failure)
  }

  private func open() throws(CurlFailure) -> CurlHandle {
    let handle = try CurlHandle(
      protocols: "http,https", timeoutMilliseconds: settings.timeoutMilliseconds, certificates: settings.certificates)
    handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    handle.set(CURLOPT_USERAGENT, "Zveno")
    handle.set(CURLOPT_PATH_AS_IS, 1)
    if !settings.isIdempotent {
      handle.set(CURLOPT_FRESH_CONNECT, 1)
      handle.set(CURLOPT_FORBID_REUSE, 1)
    }
    exchange.attach(to: handle)
    self.handle = handle
    return handle
  }
}

extension HandOver {
  /// The same outcome with its words changed.
  func withReason(_ change: (String) -> String) -> HandOver {
    switch self {
    case .accepted: self
    case .rejected(let reason): .rejected(reason: change(reason))
    case .retry(let seconds, let reason): .retry(afterSeconds: seconds, reason: change(reason))
    case .throttled(let seconds, let reason): .throttled(afterSeconds: seconds, reason: change(reason))
    case .unknown(let reason): .unknown(reason: change(reason))
    }
  }
}
