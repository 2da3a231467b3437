import Glibc
import Testing

@testable import HTTP

/// More than the server takes: it says so, and goes on.
@Suite("Floods")
struct FloodTests {
  @Test("whatever must be refused is over a socket too: one answer, the connection closed, the next request served")
  func refused() throws {
    let server = try TestServer { _, respond in respond(Response(status: 200)) }
    for (text, status) in BadRequests.all {
      let client = try server.client()
      client.send(text)
      client.finishSending()
      let answers = client.answers()
      let name = Comment(rawValue: text.prefix(120).debugDescription)
      #expect(answers.map(\.status) == [status], name)
      #expect(answers.last?.fields["connection"] == "close", name)
      try server.expectAlive(name)
    }
  }

  @Test("a thousand pipelined requests, with and without bodies, are answered in order")
  func pipeline() throws {
    let server = try TestServer()
    let client = try server.client()
    let workers = Workers(1)
    let texts = (0..<1_000).map { $0 % 3 == 0 ? "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" : post("\($0)") }
    workers.submit { [texts] in client.send(texts.joined()) }
    for number in 0..<1_000 {
      #expect(client.answer()?.text == (number % 3 == 0 ? "GET /\(number) " : "POST /p \(number)"))
    }
    workers.stop()
  }

  @Test("answers that nobody reads are held up to a limit, then those are cut who have longest taken nothing")
  func unread() throws {
    var limits = HTTPLimits()
    limits.heldBytes = 60_000_000
    let large = [UInt8](repeating: 65, count: 10_000_000)
    let server = try TestServer(limits) { request, respond in
      respond(Response(status: 200, body: request.path == "/large" ? large : []))
    }
    let clients = try (0..<30).map { _ in try server.client(receiveBuffer: 4_096) }
    for client in clients {
      client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
      // It has its answer: the next one comes later.
      _ = client.someBytes()
    }
    try server.expectAlive()
    // The kernel holds a part of each.
    let left = server.server.metrics.connections
    #expect((5...15).contains(left), "\(left)")
    #expect(server.server.metrics.timeouts >= 15)
    #expect(clients[29].answer()?.body.count == large.count)
  }

  @Test("bodies count until they are answered, of one connection and of all")
  func unanswered() throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 1_000_000
    limits.heldBytes = 2_500_000
    let waiting = Gate<Responder>()
    let server = try TestServer(limits) { request, respond in
      if request.path == "/good" { respond(Response(status: 200)) } else { waiting.put(respond) }
    }
    let body = String(repeating: "x", count: 900_000)
    let workers = Workers(1)
    let greedy = try server.client()
    workers.submit { for _ in 0..<4 { greedy.send(post(body)) } }
    while waiting.all.count < 2 { sched_yield() }
    let other = try server.client()
    other.send(post(body))
    #expect(other.answer()?.status == 503)
    try server.expectAlive()
    #expect(waiting.all.count == 2)
    var answered = 0
    while answered < 4 {
      for respond in waiting.takeAll() {
        respond(Response(status: 200))
        answered += 1
      }
      sched_yield()
    }
    #expect((0..<4).map { _ in greedy.answer()?.status } == [200, 200, 200, 200])
    workers.stop()
    let later = try server.client()
    later.send(post(body))
    while waiting.all.isEmpty { sched_yield() }
    for respond in waiting.takeAll() { respond(Response(status: 200)) }
    #expect(later.answer()?.status == 200)
  }

  @Test("small bodies of very many are bounded too")
  func manySmall() throws {
    var limits = HTTPLimits()
    limits.heldBytes = 300_000
    let server = try TestServer(limits)
    let clients = try (0..<60).map { _ in try server.client() }
    var refused = 0
    for client in clients {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\nExpect: 100-continue\r\n\r\n")
      #expect(client.answer()?.status == 100)
      client.send([UInt8](repeating: 65, count: 19_999))
      try server.expectAlive()
    }
    for client in clients {
      client.send("A")
      if client.answer()?.status == 503 { refused += 1 }
    }
    #expect((44...46).contains(refused), "\(refused)")
  }

  @Test("of a flood of connections as many are served as may be, the others told 503 or cut, and later all is well")
  func connections() throws {
    var limits = HTTPLimits()
    limits.connections = 50
    let server = try TestServer(limits)
    let clients = try (0..<400).map { _ in try server.client() }
    for client in clients { client.send(get) }
    let answers = clients.map { $0.answer() }
    #expect(answers.filter { $0?.status == 200 }.count == 50)
    let refusals = answers.compactMap { $0 }.filter { $0.status == 503 }
    #expect(!refusals.isEmpty)
    #expect(refusals.allSatisfy { $0.fields["retry-after"] == "1" && $0.fields["connection"] == "close" })
    #expect(server.server.metrics.connectionsRefused == 350)
    for client in clients { client.finishSending() }
    while server.server.metrics.connections > 0 { sched_yield() }
    try server.expectAlive()
  }

  @Test("whom the doorman refuses hears it before his body is taken, whatever else he has sent")
  func doorman() throws {
    let server = HTTPServer(host: "127.0.0.1", port: 0, handler: TestServer.echo)
    server.doorman = { request in
      request.headers["Authorization"] == nil ? Response(status: 401, body: Array(request.path.utf8)) : nil
    }
    let port = try server.start()
    let large = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"
    for (fields, status) in [("", 401), ("Authorization: x\r\n", 413)] {
      let client = try Client(port: port)
      client.send(large + fields + "\r\n")
      #expect(client.answer()?.status == status)
    }
    for fields in ["Content-Length: 3\r\nExpect: 100-continue", "Content-Length: 3", "Transfer-Encoding: chunked"] {
      let client = try Client(port: port)
      client.send(post("whole") + "POST /p HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n")
      // Nobody is asked about a body that is there.
      #expect(client.answer()?.status == 200)
      let answer = client.answer()
      #expect(answer?.status == 401 && answer?.text == "/p" && answer?.fields["connection"] == "close")
      client.send("abc" + get)
      client.finishSending()
      #expect(client.answers().isEmpty)
      let known = try Client(port: port)
      known.send("POST /p HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\n\(fields)\r\n\r\n")
      if fields.contains("Expect") { #expect(known.answer()?.status == 100) }
      known.send(fields.contains("chunked") ? "3\r\nabc\r\n0\r\n\r\n" : "abc")
      #expect(known.answer()?.text == "POST /p abc")
    }
    server.stop(within: 0)
  }
}
