import Glibc
import HTTP
import Testing

@Suite("Deadlines and the end")
struct DeadlineTests {
  private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
    var limits = HTTPLimits()
    change(&limits)
    return limits
  }

  @Test(
    "a request that does not get on is a 408",
    arguments: [
      "GET / HTTP/1.1\r\nHo", "G", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", get + "GET / HT",
    ])
  func slow(_ text: String) throws {
    let server = try TestServer(
      limits {
        $0.headSeconds = 0.03
        $0.bodySeconds = 0.03
      })
    let client = try server.client()
    client.send(text)
    #expect(client.answers().last?.status == 408)
    #expect(server.server.metrics.timeouts == 1)
    try server.expectAlive()
  }

  @Test("a connection without requests is closed without a word, before and after an answer")
  func idle() throws {
    let server = try TestServer(limits { $0.idleSeconds = 0.03 })
    #expect(try server.client().rest() == [])
    let client = try server.client()
    client.send(get)
    #expect(client.answers().map(\.status) == [200])
  }

  @Test("a request that waits for its answer is not idle")
  func waiting() throws {
    let waiting = Gate<Responder>()
    let server = try TestServer(limits { $0.idleSeconds = 0.02 }) { _, respond in waiting.put(respond) }
    let client = try server.client()
    client.send(get)
    let bystander = try server.client()
    #expect(bystander.rest() == [])
    for respond in waiting.takeAll() { respond(Response(status: 200)) }
    #expect(client.answer()?.status == 200)
  }

  @Test("after the last answer the client may still send for a while, then the connection ends")
  func lingering() throws {
    let server = try TestServer(limits { $0.lingerSeconds = 0.03 })
    let client = try server.client()
    client.send("BAD\r\n\r\n")
    #expect(client.answers().map(\.status) == [400])
    while server.server.metrics.connections > 0 { sched_yield() }
  }

  @Test("a stop answers what is in flight, closes what is idle and takes nothing new")
  func stop() throws {
    let waiting = Gate<Responder>()
    let server = try TestServer { _, respond in waiting.put(respond) }
    let idle = try server.client()
    let busy = try server.client()
    busy.send(get + get)
    while waiting.all.count < 2 { sched_yield() }
    let workers = Workers(1)
    workers.submit { [server = server.server] in server.stop(within: 10) }
    #expect(idle.rest() == [])
    #expect(throws: Client.Unreachable.self) { try server.client() }
    for respond in waiting.takeAll() { respond(Response(status: 200)) }
    #expect(busy.answers().map(\.fields["connection"]) == [nil, "close"])
    workers.stop()
    #expect(server.server.metrics.connections == 0)
  }

  @Test("a stop lets a request finish that has begun to arrive")
  func stopMidRequest() throws {
    let server = try TestServer()
    let client = try server.client()
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    #expect(client.answer()?.status == 100)
    let idle = try server.client()
    let workers = Workers(1)
    workers.submit { [server = server.server] in server.stop(within: 10) }
    #expect(idle.rest() == [])
    client.send("last")
    let answers = client.answers()
    #expect(answers.map(\.text) == ["POST / last"] && answers.first?.fields["connection"] == "close")
    workers.stop()
  }

  @Test("a stop cuts what is not answered in its time, and late answers go nowhere")
  func stopCuts() throws {
    let waiting = Gate<Responder>()
    let server = try TestServer { _, respond in waiting.put(respond) }
    let client = try server.client()
    client.send(get)
    while waiting.all.isEmpty { sched_yield() }
    server.server.stop(within: 0.02)
    #expect(client.answers().isEmpty)
    for respond in waiting.takeAll() { respond(Response(status: 200)) }
  }

  @Test("a stopped server's port can be taken again at once")
  func restart() throws {
    let first = try TestServer()
    try first.expectAlive()
    first.server.stop(within: 1)
    let second = HTTPServer(host: "127.0.0.1", port: first.port, handler: TestServer.echo)
    #expect(try second.start() == first.port)
    second.stop(within: 0)
  }
}
