import HTTP
import Testing

@Suite("Serving")
struct ServingTests {
  @Test("a connection serves one request after another")
  func keepAlive() throws {
    let server = try TestServer()
    let client = try server.client()
    for number in 0..<10 {
      client.send(post("body \(number)"))
      let answer = try #require(client.answer())
      #expect(answer.status == 200 && answer.text == "POST /p body \(number)")
      #expect(answer.fields["date"]?.hasSuffix("GMT") == true)
      #expect(answer.fields["connection"] == nil)
    }
    #expect(server.server.metrics.requests == 10)
    #expect(server.server.metrics.connections == 1)
  }

  @Test("pipelined requests are answered in order, whoever answers first")
  func order() throws {
    let waiting = Gate<(String, Responder)>()
    let server = try TestServer { request, respond in
      waiting.put((request.path, respond))
      guard request.path == "/9" else { return }
      for (path, respond) in waiting.takeAll().reversed() { respond(Response(status: 200, body: Array(path.utf8))) }
    }
    let client = try server.client()
    client.send((0...9).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
    #expect((0...9).map { _ in client.answer()?.text } == (0...9).map { "/\($0)" })
  }

  @Test("answers from other threads arrive, in order")
  func otherThreads() throws {
    let workers = Workers(4)
    let server = try TestServer { request, respond in
      workers.submit { respond(Response(status: 200, body: Array(request.path.utf8))) }
    }
    let clients = try (0..<8).map { _ in try server.client() }
    let paths = (0..<200).map { "/\($0)" }
    for client in clients { client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()) }
    for client in clients { #expect(paths.map { _ in client.answer()?.text } == paths) }
    workers.stop()
  }

  @Test("a request nobody answers is a 500, a second answer is ignored")
  func responder() throws {
    let server = try TestServer { request, respond in
      guard request.path != "/dropped" else { return }
      respond(Response(status: 200))
      respond(Response(status: 404))
    }
    let client = try server.client()
    client.send("GET /dropped HTTP/1.1\r\nHost: a\r\n\r\n" + get + get)
    #expect([client.answer()?.status, client.answer()?.status, client.answer()?.status] == [500, 200, 200])
  }

  @Test(
    "a HEAD that is refused is told so without a body", arguments: ["Host: b", "X : y", "Content-Length: 99999999"])
  func refusedHead(_ field: String) throws {
    let server = try TestServer()
    let client = try server.client()
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n")
    let answer = client.answer(toHead: true)
    #expect(answer.map { (400..<500).contains($0.status) } == true)
    client.finishSending()
    #expect(client.answers().isEmpty)
    try server.expectAlive()
  }

  @Test("HEAD is answered like GET without the body")
  func head() throws {
    let server = try TestServer()
    let client = try server.client()
    client.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n")
    let answer = try #require(client.answer(toHead: true))
    #expect(answer.status == 200 && answer.fields["content-length"] == "10")
    client.send(get)
    #expect(client.answer()?.text == "GET / ")
  }

  @Test("the connection ends when the client says so, and after HTTP/1.0")
  func closing() throws {
    let server = try TestServer()
    for text in ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"] {
      let client = try server.client()
      client.send(text + get)
      let answers = client.answers()
      #expect(answers.map(\.status) == [200])
      #expect(answers.first?.fields["connection"] == "close")
    }
    let kept = try server.client()
    kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(kept.answer()?.fields["connection"] == "keep-alive")
    kept.send(get)
    #expect(kept.answer()?.status == 200)
  }

  @Test("a handler can end the connection")
  func handlerCloses() throws {
    let server = try TestServer { _, respond in respond(Response(status: 200, headers: [("Connection", "close")])) }
    #expect(try server.client().sendingAll(get + get).answers().map(\.fields["connection"]) == ["close"])
  }

  @Test("100 Continue is sent when the body will be taken, behind the answers before it")
  func expectation() throws {
    let server = try TestServer()
    let client = try server.client()
    client.send(get + "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    #expect(client.answer()?.text == "GET / ")
    #expect(client.answer()?.status == 100)
    client.send("ok")
    #expect(client.answer()?.text == "POST /p ok")
  }

  @Test("413 comes at once instead of 100 Continue, 417 for other expectations")
  func refusedExpectation() throws {
    let server = try TestServer()
    for (expect, length, status) in [("100-continue", "8388609", 413), ("other", "2", 417)] {
      let client = try server.client()
      client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\nExpect: \(expect)\r\n\r\n")
      #expect(client.answers().map(\.status) == [status])
    }
    try server.expectAlive()
  }

  @Test("bodies larger than any buffer come and go whole, with several threads too", arguments: [1, 2])
  func large(_ threads: Int) throws {
    let server = try TestServer(threads: threads)
    let body = String(repeating: "0123456789abcdef", count: 200_000)
    let clients = try (0..<4).map { _ in try server.client() }
    for client in clients { client.send(post(body)) }
    for client in clients { #expect(client.answer()?.text == "POST /p " + body) }
  }

  @Test("gzip comes in and goes out")
  func gzip() throws {
    let server = try TestServer()
    let client = try server.client()
    let body = String(repeating: "hello ", count: 1_000)
    client.send(post(body, "Accept-Encoding: gzip\r\n"))
    let answer = try #require(client.answer())
    #expect(answer.fields["content-encoding"] == "gzip" && answer.fields["vary"] == "Accept-Encoding")
    #expect(answer.body.count < 200)
    client.send(
      Array(
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: \(answer.body.count)\r\n\r\n".utf8))
    client.send(answer.body)
    #expect(client.answer()?.text == "POST /p POST /p " + body)
  }

  @Test("an answer to HEAD says what a GET would have, gzip and all")
  func headOfGzip() throws {
    let server = try TestServer { _, respond in
      respond(
        Response(status: 200, headers: [("Content-Type", "text/plain")], body: [UInt8](repeating: 65, count: 5_000)))
    }
    let client = try server.client()
    var answers: [Client.Answer] = []
    for method in ["GET", "HEAD"] {
      client.send("\(method) / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
      answers.append(try #require(client.answer(toHead: method == "HEAD")))
    }
    #expect(answers[0].fields["content-encoding"] == "gzip" && answers[0].body.count < 200)
    for name in ["content-length", "content-encoding", "content-type", "vary"] {
      #expect(answers[1].fields[name] == answers[0].fields[name])
    }
  }

  @Test("errors look as the problem hook makes them")
  func problem() throws {
    let server = HTTPServer(host: "127.0.0.1", port: 0, handler: TestServer.echo)
    server.problem = {
      Response(status: $0, headers: [("Content-Type", "application/problem+json")], body: Array($1.utf8))
    }
    let client = try Client(port: server.start())
    client.send("BAD\n")
    let answer = client.answer()
    #expect(answer?.status == 400 && answer?.fields["content-type"] == "application/problem+json")
    #expect(answer?.text == "expected CR before LF")
    server.stop(within: 0)
  }

  @Test("a port that is taken is an error that says so")
  func takenPort() throws {
    let server = try TestServer()
    let other = HTTPServer(host: "127.0.0.1", port: server.port, handler: TestServer.echo)
    let error = #expect(throws: ListenError.self) { try other.start() }
    #expect(error?.description.contains("127.0.0.1:\(server.port)") == true)
  }
}

extension Client {
  func sendingAll(_ text: String) -> Client {
    send(text)
    return self
  }
}
