// API: a parsed HTTP request comes in, one stage is called, one answer goes out. It is a table of routes as data, one
// file a resource under Routes/, and one way each to authenticate, to read a body, to say an error and to page a list.
// It must not know sockets, nor decide anything about contacts, chains or messages: that is the stages' work.

public import HTTP
public import Logging
public import SQL

/// Answers every request. Called on the HTTP threads and never blocks them: reads go to the readers' threads, writes to
/// the writer's round and are answered after its commit.
public final class API: Sendable {
  private let router: Router
  private let keys: Keys
  private let writer: Writer
  private let readers: Readers
  private let meter: RequestMeter
  private let trail = AuditTrail()
  private let log: Logger
  private let nanoseconds: @Sendable () -> Int64

  /// - Parameters:
  ///   - nanoseconds: a clock that never steps, for durations alone.
  public init(
    routes: [Route], keys: Keys, writer: Writer, readers: Readers, meter: RequestMeter, log: Logger,
    nanoseconds: @escaping @Sendable () -> Int64
  ) {
    (self.router, self.keys, self.writer, self.readers) = (Router(routes), keys, writer, readers)
    (self.meter, self.log, self.nanoseconds) = (meter, log, nanoseconds)
  }

  /// What `HTTPServer` takes as its handler.
  @Sendable public func handle(_ request: Request, _ responder: Responder) {
    answer(request) { responder($0) }
  }

  /// The same for any receiver of the answer, which is called once, from any thread.
  public func answer(_ request: Request, _ reply: @escaping Reply) {
    let started = nanoseconds()
    switch router.match(method: request.method, path: request.path) {
    case .unknown:
      finish(Problem.notFound("nothing is at this path").response, nil, started, reply)
    case .otherMethods(let methods):
      finish(Problem.methodNotAllowed(methods).response, nil, started, reply)
    case .badIdentifier(let text):
      finish(Problem.badIdentifier(text).response, nil, started, reply)
    case .found(let route, let parameters):
      let reply: Reply = { [self] in finish($0.asking(request), route, started, reply) }
      do {
        let caller = try admit(request, to: route)
        try run(route, Call(request: request, parameters: parameters, caller: caller), reply)
      } catch {
        reply(response(to: error))
      }
    }
  }

  /// Whether the body may be of any size, which then lies in a file: the route takes such, and he who calls may send it.
  @Sendable public func takesFile(_ method: String, _ path: String, _ headers: Headers) -> Bool {
    guard case .found(let route, _) = router.match(method: method, path: path), route.takesFiles,
      case .scopes(let scopes) = route.access, let caller = keys.caller(authorization: headers["Authorization"])
    else { return false }
    return caller.may(scopes)
  }

  /// Who calls, if he may.
  private func admit(_ request: Request, to route: Route) throws(Problem) -> Caller? {
    guard case .scopes(let scopes) = route.access else { return nil }
    guard let caller = keys.caller(authorization: request.headers["Authorization"]) else { throw .unauthorized }
    guard caller.may(scopes) else { throw .forbidden(needs: scopes) }
    return caller
  }

  private func run(_ route: Route, _ call: Call, _ reply: @escaping Reply) throws {
    switch route.work {
    case .immediate(let answer):
      reply(try answer(call))
    case .custom(let answer):
      try answer(call, reply)
    case .read(let prepare):
      let answer = try prepare(call)
      read({ .answer(try answer($0)) }, reply)
    case .write(let prepare):
      let answer = try prepare(call)
      write(audited(answer, call, route), reply)
    case .readThenWrite(let prepare):
      let decide = try prepare(call)
      read(
        { [self] db in
          switch try decide(db) {
          case .answer(let response): .answer(response)
          case .write(let writing): .write(audited(writing, call, route))
          }
        }, reply)
    }
  }

  /// With a row in the audit trail, where the route's changes are worth one.
  private func audited(_ answer: @escaping Route.Writing, _ call: Call, _ route: Route) -> Route.Writing {
    guard route.isAudited else { return answer }
    return { [trail] db, now in
      let contact = try trail.contact(of: call, route, db)
      let response = try answer(db, now)
      if response.status < 400 { try trail.note(call, route, response, contact: contact, now: now, db) }
      return response
    }
  }

  private func read(_ decide: @escaping Route.Deciding, _ reply: @escaping Reply) {
    readers.submit { [self] db in
      do {
        switch try db.savepoint({ try decide(db) }) {
        case .answer(let response): reply(response)
        case .write(let writing): write(writing, reply)
        }
      } catch {
        reply(response(to: error))
      }
    } rejected: {
      reply(Problem.overloaded(retryAfterSeconds: 1).response)
    }
  }

  private func write(_ answer: @escaping Route.Writing, _ reply: @escaping Reply) {
    let kept = KeptAnswer()
    writer.submit { db, now in
      kept.keep(try answer(db, now))
    } then: { [self] outcome in
      switch outcome {
      case .success: reply(kept.take() ?? response(to: LostAnswer()))
      case .failure(let error): reply(response(to: error))
      }
    }
  }

  private func response(to error: any Error) -> Response {
    let problem = Problem(error)
    if problem.status >= 500 { log.error("a request failed", metadata: ["error": "\(error)"]) }
    return problem.response
  }

  private func finish(_ response: Response, _ route: Route?, _ started: Int64, _ reply: Reply) {
    meter.count(route, status: response.status, seconds: Double(nanoseconds() - started) / 1e9)
    reply(response)
  }
}

/// Where an answer goes: to be called once, from any thread.
public typealias Reply = @Sendable (Response) -> Void

/// A write was committed and left nothing to answer with.
struct LostAnswer: Error {}
