import API
import HTTP
import Synchronization

/// The HTTP server with what stands behind it, which may come later: until then every request is 503. So the port is
/// taken, or refused, before anything else has happened.
final class Front: Sendable {
  private let api: APIBox
  private let server: HTTPServer
  let port: UInt16

  private final class APIBox: Sendable {
    let api = Mutex<API?>(nil)
  }

  /// Binds. Throws `Refused` when the address cannot be listened on.
  /// - Parameters:
  ///   - scratch: where bodies of any size lie.
  ///   - room: bytes that one of them may have now.
  init(
    _ address: ListenAddress, _ limits: LimitSettings, behind proxies: TrustedProxies, scratch: String,
    room: @escaping @Sendable () -> Int
  ) throws {
    let box = APIBox()
    api = box
    var http = HTTPLimits()
    http.headBytes = limits.headBytes
    http.lineBytes = min(http.lineBytes, limits.headBytes)
    http.bodyBytes = limits.bodyBytes
    http.connections = limits.connections
    http.heldBytes = limits.heldBytes ?? http.heldBytes
    http.spooling = Spooling(folder: scratch, room: room) { method, path, headers in
      box.api.withLock { $0 }?.takesFile(method, path, headers) ?? false
    }
    let known: @Sendable (Request) -> Request = { proxies.isEmpty ? $0 : $0.through(proxies) }
    server = HTTPServer(host: address.host, port: address.port, limits: http) { request, responder in
      guard let api = box.api.withLock({ $0 }) else {
        return responder(Problem.found(status: 503, detail: "the server is starting").response)
      }
      api.handle(known(request), responder)
    }
    server.doorman = { request in box.api.withLock { $0 }?.refusal(beforeBodyOf: known(request)) }
    server.problem = { Problem.found(status: $0, detail: $1).response }
    do {
      port = try server.start()
    } catch {
      throw Refused("\(error)")
    }
  }

  func open(_ api: API) { self.api.api.withLock { $0 = api } }

  /// Asked at each scrape; keeps nothing of the server's alive beyond it.
  var metrics: @Sendable () -> HTTPMetrics { { [server] in server.metrics } }

  func close() { server.stop(within: Stamina.requestSeconds) }
}
