import Glibc
import HTTP
import Testing

@testable import HTTP

@Suite("Hostile clients")
struct HostileClientTests {
  @Test(
    "each public case is answered over a socket as it should be",
    .enabled(if: CorpusTests.isThere, "the public cases are not beside this checkout"))
  func corpus() throws {
    let server = try TestServer { _, respond in respond(Response(status: 200)) }
    for one in CorpusTests.cases {
      let client = try server.client()
      client.send(one.input)
      client.finishSending()
      let statuses = client.answers(toHead: one.input.starts(with: Array("HEAD ".utf8))).map(\.status)
      let isRefused = statuses.first.map { (400...505).contains($0) } == true
      switch one.expected {
      case "ok":
        #expect(statuses.first == 200 || CorpusTests.isRefusedOnPurpose(one.description), "\(one): \(statuses)")
      case "4xx": #expect(isRefused && statuses.count == 1, "\(one): \(statuses)")
      // The end of the connection is the end of waiting.
      case "wait": #expect(statuses == [400], "\(one): \(statuses)")
      case "then-4xx": #expect(statuses.first == 200 && statuses.count <= 2, "\(one): \(statuses)")
      default: #expect(!statuses.isEmpty, "\(one)")
      }
      try server.expectAlive("\(one)")
    }
  }

  @Test("a refused request is answered behind the good ones before it, and the connection closed")
  func badBehindGood() throws {
    let server = try TestServer()
    let answers = try server.answers(to: get + post("x") + "BAD\r\n\r\n" + get)
    #expect(answers.map(\.status) == [200, 200, 400])
    #expect(answers.last?.fields["connection"] == "close")
    #expect(server.server.metrics.badRequests == 1)
  }

  @Test("an early refusal is read by a client that goes on sending its body")
  func earlyRefusal() throws {
    let server = try TestServer()
    let client = try server.client()
    client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
    client.send([UInt8](repeating: 0, count: 50_000))
    client.finishSending()
    #expect(client.answers().map(\.status) == [413])
    try server.expectAlive()
  }

  @Test("an early refusal is read by a client that first sends its whole body")
  func lateReader() throws {
    let server = try TestServer()
    let client = try server.client()
    client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
    #expect(client.send([UInt8](repeating: 0, count: 9_000_000)))
    client.finishSending()
    #expect(client.answers().map(\.status) == [413])
    try server.expectAlive()
  }

  @Test("a client that resets in the middle of the answer harms nobody")
  func reset() throws {
    let server = try TestServer { _, respond in
      respond(Response(status: 200, body: [UInt8](repeating: 65, count: 3_000_000)))
    }
    for _ in 0..<200 {
      let client = try server.client()
      client.resetOnClose()
      client.send(get)
    }
    try server.expectAlive()
  }

  @Test("a client that never reads its answers is cut, with bounded memory")
  func neverReads() throws {
    var limits = HTTPLimits()
    limits.writeSeconds = 0.05
    limits.unsentBytes = 10_000
    let requests = Gate<Int>()
    let server = try TestServer(limits) { _, respond in
      requests.put(1)
      respond(Response(status: 200, body: [UInt8](repeating: 65, count: 100_000)))
    }
    let client = try server.client(receiveBuffer: 4_096)
    client.send(String(repeating: get, count: 1_000))
    let witness = try server.client()
    witness.send(get)
    #expect(witness.answer()?.status == 200)
    while server.server.metrics.connections > 1 { sched_yield() }
    #expect(requests.all.count < 200)
    #expect(server.server.metrics.timeouts == 1)
    try server.expectAlive()
  }

  @Test("no more requests of a connection are taken than may be in flight")
  func inFlight() throws {
    var limits = HTTPLimits()
    limits.pipelined = 4
    let waiting = Gate<Responder>()
    let server = try TestServer(limits) { request, respond in
      if request.path == "/good" { respond(Response(status: 200)) } else { waiting.put(respond) }
    }
    let client = try server.client()
    client.send(String(repeating: get, count: 10))
    for round in [4, 4, 2] {
      while waiting.all.count < round { sched_yield() }
      try server.expectAlive()
      #expect(waiting.all.count == round)
      for respond in waiting.takeAll() { respond(Response(status: 200)) }
    }
    for _ in 0..<10 { #expect(client.answer()?.status == 200) }
  }

  @Test("gzip bombs and bodies that are no gzip are refused, the connection stays")
  func gzip() throws {
    let server = try TestServer()
    let client = try server.client()
    let bomb = try #require(Gzip.deflated([UInt8](repeating: 0, count: 20_000_000)))
    for (coding, body, status) in [
      ("gzip", bomb, 413), ("gzip", Array("no".utf8), 400), ("br", Array("no".utf8), 415), ("gzip, gzip", bomb, 415),
    ] {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n")
      client.send(body)
      let answer = client.answer()
      #expect(answer?.status == status)
      #expect(answer?.fields["accept-encoding"] == (status == 415 ? "gzip" : nil))
    }
    client.send(get)
    #expect(client.answer()?.status == 200)
  }

  @Test("one connection too many is told 503 and when to come back")
  func connectionLimit() throws {
    var limits = HTTPLimits()
    limits.connections = 3
    let server = try TestServer(limits)
    let clients = try (0..<3).map { _ in try server.client() }
    for client in clients { #expect(client.sendingAll(get).answer()?.status == 200) }
    let fourth = try server.client().sendingAll(get).answers()
    #expect(fourth.map(\.status) == [503])
    #expect(fourth.first?.fields["retry-after"] == "1")
    #expect(clients[0].sendingAll(get).answer()?.status == 200)
    #expect(server.server.metrics.connectionsRefused == 1)
    clients[0].finishSending()
    #expect(clients[0].answers().isEmpty)
    try server.expectAlive()
  }

  @Test("bodies beyond what is held for all are told 503")
  func heldBytes() throws {
    var limits = HTTPLimits()
    limits.heldBytes = 1_000_000
    let server = try TestServer(limits)
    let client = try server.client()
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
    client.send([UInt8](repeating: 0, count: 1_100_000))
    #expect(client.answers().map(\.status) == [503])
    try server.expectAlive()
  }

  @Test("a body refused for want of room gives its room back while its client still sends")
  func heldBytesAreGivenBack() throws {
    var limits = HTTPLimits()
    limits.heldBytes = 1_000_000
    let server = try TestServer(limits)
    let first = try server.client()
    first.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
    first.send([UInt8](repeating: 0, count: 1_100_000))
    #expect(first.answer()?.status == 503)
    let second = try server.client()
    second.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
    second.send([UInt8](repeating: 65, count: 900_000))
    #expect(second.answer()?.status == 200)
    #expect(first.send([UInt8](repeating: 0, count: 900_000)))
  }
}
