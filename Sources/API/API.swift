// API: a parsed HTTP request comes in, one stage is called, one answer goes out. It is a table of routes as data, one
// file a resource under Routes/, and one way each to authenticate, to read a body, to say an error and to page a list.
// It must not know sockets, nor decide anything about contacts, chains or messages: that is the stages' work.

public import HTTP
public import Logging
public import SQL

/// Answers every request. Called on the HTTP threads and never blocks them: reads go to the readers' threads, writes to
/// the writer's round and are answered after its commit.
public final class API: Sendable {
  let router: Router
  let keys: Keys
  let writer: Writer
  let readers: Readers
  let trail = AuditTrail()
  private let meter: RequestMeter
  private let log: Logger
  private let crossOrigin: CrossOrigin?
  let running: RunningCalls
  let now: @Sendable () -> Int64
  let nanoseconds: @Sendable () -> Int64
  let random: @Sendable (Int) -> [UInt8]

  /// - Parameters:
  ///   - crossOrigin: which pages may call from a browser; nil: none.
  ///   - keyedBytes: of the bodies of calls with an Idempotency-Key that are under way at once; more is 503.
  ///   - now: the server's clock, milliseconds since 1970.
  ///   - nanoseconds: a clock that never steps, for durations and rates.
  ///   - random: so many random bytes.
  public init(
    routes: [Route], keys: Keys, writer: Writer, readers: Readers, meter: RequestMeter, log: Logger,
    crossOrigin: CrossOrigin? = nil, keyedBytes: Int = 64 << 20, now: @escaping @Sendable () -> Int64,
    nanoseconds: @escaping @Sendable () -> Int64, random: @escaping @Sendable (Int) -> [UInt8]
  ) {
    (self.router, self.keys, self.writer, self.readers) = (Router(routes), keys, writer, readers)
    (self.meter, self.log, self.crossOrigin) = (meter, log, crossOrigin)
    (self.now, self.nanoseconds, self.random) = (now, nanoseconds, random)
    running = RunningCalls(mostBytes: keyedBytes)
    for route in routes { meter.expect(route) }
  }

  /// What `HTTPServer` takes as its handler.
  @Sendable public func handle(_ request: Request, _ responder: Responder) {
    answer(request) { responder($0) }
  }

  /// The same for any receiver of the answer, which is called once, from any thread.
  public func answer(_ request: Request, _ reply: @escaping Reply) {
    var exchange = Exchange(request, started: nanoseconds(), reply)
    do {
      switch router.match(method: request.method, path: request.path) {
      case .unknown: throw Problem.notFound("nothing is at this path")
      case .otherMethods(let methods):
        if let answer = try preflight(request) { return finish(answer, exchange) }
        throw Problem.methodNotAllowed(methods)
      case .badIdentifier(let text, let route):
        exchange.route = route
        try admit(&exchange, to: route)
        throw Problem.badIdentifier(text)
      case .found(let route, let parameters):
        exchange.route = route
        try admit(&exchange, to: route)
        let call = Call(request: request, parameters: parameters, caller: exchange.caller)
        if route.takesIdempotencyKey, let text = try IdempotencyKey.text(in: request.headers) {
          try runOnce(route, call, text, exchange)
        } else {
          try run(route, call, exchange)
        }
      }
    } catch {
      fail(error, exchange)
    }
  }

  /// Whether the body may be of any size, which then lies in a file: the route takes such, and he who calls may send it.
  @Sendable public func takesFile(_ method: String, _ path: String, _ headers: Headers) -> Bool {
    guard case .found(let route, _) = router.match(method: method, path: path), route.takesFiles,
      case .scopes(let scopes) = route.access,
      let key = keys.key(authorization: headers["Authorization"], now: now())
    else { return false }
    return key.caller.may(scopes)
  }

  /// Lets in who may, and says what he is told with the answer, refused or not.
  func admit(_ exchange: inout Exchange, to route: Route) throws(Problem) {
    if route.isForSites, let crossOrigin { exchange.fields += crossOrigin.fields(for: exchange.request) }
    guard case .scopes(let scopes) = route.access else { return }
    let now = now()
    guard let key = keys.key(authorization: exchange.request.headers["Authorization"], now: now) else {
      throw .unauthorized
    }
    exchange.caller = key.caller
    if let bucket = key.bucket { exchange.fields += try bucket.admit(now: exchange.started) }
    guard key.caller.may(scopes) else { throw .forbidden(needs: scopes) }
    if key.use(at: now), key.caller.keyID != Keys.adminID {
      writer.submit({ db, _ in try KeyRow.used(key.caller.keyID, at: now, db) }) { _ in }
    }
  }

  /// A browser asks whether a page of another origin may make a call. No key comes with it.
  private func preflight(_ request: Request) throws(Problem) -> Response? {
    guard let crossOrigin, request.method == "OPTIONS",
      let method = request.headers["Access-Control-Request-Method"],
      case .found(let route, _) = router.match(method: method, path: request.path), route.isForSites
    else { return nil }
    return try crossOrigin.preflight(request, method: method)
  }

  func fail(_ error: any Error, _ exchange: Exchange) {
    let problem = Problem(error)
    if problem.status >= 500 {
      log.error("a request failed", metadata: exchange.metadata.merging(["error": "\(error)"]) { $1 })
    }
    finish(problem.response, exchange)
  }

  func finish(_ response: Response, _ exchange: Exchange) {
    let seconds = Double(nanoseconds() - exchange.started) / 1e9
    meter.count(exchange.route, status: response.status, seconds: seconds)
    log.debug(
      "answered",
      metadata: exchange.metadata.merging(["status": "\(response.status)", "seconds": "\(seconds)"]) { $1 })
    var response = exchange.route == nil ? response : response.asking(exchange.request)
    if !exchange.fields.isEmpty { response.headers += exchange.fields }
    exchange.reply(response)
  }
}

/// Where an answer goes: to be called once, from any thread.
public typealias Reply = @Sendable (Response) -> Void
