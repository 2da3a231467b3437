// HTTP: connections in, requests to one handler, answers back in order.
//
// Bytes come in from POSIX sockets on epoll threads of our own; a small strict HTTP/1.1 parser (RFC 9112) makes `Request`s of
// them; the handler answers each through its `Responder`, at once or later and from any thread. Framing, limits of size and
// time, pipelining, HEAD, gzip, `Expect`, overload and a graceful end are settled here. This folder knows no route, no field
// word and no JSON: which paths exist and what errors look like is handed in (`handler`, `problem`).
//
// From the outside in: `HTTPServer` › `EventLoop` (a thread) › `Connection` (a socket) › `RequestParser` (bytes) and
// `ResponseWriter`. Unsafe pointers live below HTTP alone: in `Sockets`, `Listener`, `Poller`, `Gzip` and
// `SpanBytes`.

import Synchronization
import Threads

/// An HTTP/1.1 server on one address.
///
/// `@unchecked Sendable`: what changes is either in the mutex or belongs to one loop's thread.
public final class HTTPServer: @unchecked Sendable {
  /// Called on an epoll thread: it must not block. The answer may come later.
  public typealias Handler = @Sendable (Request, Responder) -> Void
  /// Makes the answer to what the parser or the limits refused: a status and a sentence for the client.
  public typealias Problem = @Sendable (_ status: Int, _ detail: String) -> Response

  /// Called on an epoll thread with a request whose body is still to come: an answer here refuses it, without a byte of
  /// the body kept and without `100 Continue`, and ends the connection. Not asked when the body came with the head.
  public typealias Doorman = @Sendable (Request) -> Response?

  private struct State {
    var problem: Problem = HTTPServer.plainProblem
    var doorman: Doorman = { _ in nil }
    var loops: [EventLoop] = []
    var threads: [WorkerThread] = []
  }

  private let host: String
  private let port: UInt16
  private let limits: HTTPLimits
  private let threadCount: Int
  private let clock: HTTPClock
  private let handler: Handler
  private let counters = HTTPCounters()
  private let state = Mutex(State())

  /// `port` 0 takes any free one; `threads` epoll threads share one listening socket.
  public init(
    host: String, port: UInt16, limits: HTTPLimits = HTTPLimits(), threads: Int = 1, clock: HTTPClock = .system,
    handler: @escaping Handler
  ) {
    self.host = host
    self.port = port
    self.limits = limits
    self.threadCount = max(1, threads)
    self.clock = clock
    self.handler = handler
  }

  /// Set it before `start`.
  public var problem: Problem {
    get { state.withLock { $0.problem } }
    set { state.withLock { $0.problem = newValue } }
  }

  /// Set it before `start`; without one every body is waited for.
  public var doorman: Doorman {
    get { state.withLock { $0.doorman } }
    set { state.withLock { $0.doorman = newValue } }
  }

  public var metrics: HTTPMetrics { counters.metrics }

  /// Listens and serves. Returns the port that was bound.
  public func start() throws -> UInt16 {
    let listener = try Listener(host: host, port: port)
    let (problem, doorman) = (self.problem, self.doorman)
    let loops = try (0..<threadCount).map { _ in
      try EventLoop(
        listener: listener, limits: limits, clock: clock, counters: counters, handler: handler, doorman: doorman,
        problem: problem)
    }
    let threads = loops.enumerated().map { index, loop in
      WorkerThread(name: "http-\(index)") { loop.run() }
    }
    state.withLock {
      $0.loops = loops
      $0.threads = threads
    }
    return listener.port
  }

  /// Takes no more connections, answers what is in flight with `Connection: close`, then closes. Blocks, at most about as
  /// long as it is given; what is not answered by then is cut. Not to be called by a handler, which it would wait for.
  public func stop(within seconds: Double) {
    let (loops, threads) = state.withLock { state in
      defer {
        state.loops = []
        state.threads = []
      }
      return (state.loops, state.threads)
    }
    for loop in loops { loop.requestStop(within: seconds) }
    for thread in threads { thread.join() }
  }

  /// Used until somebody sets `problem`.
  private static let plainProblem: Problem = { status, detail in
    Response(
      status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array((detail + "\n").utf8))
  }
}
