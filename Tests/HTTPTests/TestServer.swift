import HTTP
import Synchronization
import Testing

/// A server of its own for one test, stopped at its end.
final class TestServer {
  let server: HTTPServer
  let port: UInt16

  /// Without a handler, answers 200 with `METHOD path` and the body behind it.
  init(
    _ limits: HTTPLimits = HTTPLimits(), threads: Int = 1, clock: HTTPClock = .system,
    handler: HTTPServer.Handler? = nil
  ) throws {
    server = HTTPServer(
      host: "127.0.0.1", port: 0, limits: limits, threads: threads, clock: clock, handler: handler ?? Self.echo)
    port = try server.start()
  }

  deinit { server.stop(within: 0) }

  static let echo: HTTPServer.Handler = { request, respond in
    respond(
      Response(
        status: 200, headers: [("Content-Type", "text/plain")],
        body: Array("\(request.method) \(request.path) ".utf8) + request.body))
  }

  func client(receiveBuffer: Int32? = nil) throws -> Client { try Client(port: port, receiveBuffer: receiveBuffer) }

  /// A server that is alive answers a good request on a fresh connection.
  func expectAlive(_ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let client = try client()
    client.send("GET /good HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(client.answer()?.status == 200, comment, sourceLocation: sourceLocation)
  }

  /// What comes back for a text, up to the end of the connection; the server has to be alive afterwards.
  func answers(to text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [Client.Answer] {
    let client = try client()
    client.send(text)
    client.finishSending()
    let answers = client.answers()
    try expectAlive(sourceLocation: sourceLocation)
    return answers
  }
}

/// A place where one thread waits for what others bring.
final class Gate<Value: Sendable>: Sendable {
  private let values = Mutex<[Value]>([])

  func put(_ value: Value) { values.withLock { $0.append(value) } }

  var all: [Value] { values.withLock { $0 } }

  func takeAll() -> [Value] {
    values.withLock { values in
      defer { values = [] }
      return values
    }
  }
}

let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

func post(_ body: String, _ fields: String = "") -> String {
  "POST /p HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}
