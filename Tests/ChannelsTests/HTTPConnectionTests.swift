import Domain
import JSON
import Testing

@testable import Channels

@Suite("Messages over HTTP, to a real server")
struct HTTPConnectionTests {
  @Test("a configured request carries the message, and the provider's id comes back")
  func sends() throws {
    let server = try PythonServer("provider_server.py")
    let block = #"""
      {"adapter": "http", "price": "3.50", "from": "Shop", "idempotent": true,
       "request": {"method": "PUT", "url": "http://127.0.0.1:\#(server.port)/{{channel}}/{{to}}?c={{contact}}",
         "headers": {"Authorization": "Bearer {{secret.SMS_KEY}}", "Idempotency-Key": "{{message.key}}"},
         "json": {"to": "{{to}}", "text": "{{ text }}", "from": "{{from}}", "n": 1, "id": "{{message.id}}",
                  "order": "{{data.order}}", "total": "{{data.order.total}}", "note": "№ {{data.order.total}}!",
                  "html": "{{html}}", "list": ["{{data.list}}", true, null]}},
       "accepted": {"status": [200, 202], "id": "/message_id", "match": {"/status": "ok"}}}
      """#
    let order: JSONValue = ["total": 125, "name": "a \"b\" {{to}}"]
    let outcome = try adapter(block, secrets: ["SMS_KEY": "k3y"]).connect()
      .send(message(to: "+7 900/1?&#", text: "Скидка \"10 %\"\n\u{1}", data: ["order": order, "list": [1, 2]]))
    #expect(outcome == .accepted(providerID: "m-1"))
    let request = try #require(try server.received.first)
    #expect(request["method"] == "PUT")
    #expect(request["path"] == "/email/%2B7%20900%2F1%3F%26%23?c=c-1")
    #expect(request["headers"]?["authorization"] == "Bearer k3y")
    #expect(request["headers"]?["idempotency-key"] == "k-1")
    #expect(request["headers"]?["content-type"] == "application/json")
    let body = try JSONValue(parsing: #require(request["body"]?.string))
    #expect(
      body == [
        "to": "+7 900/1?&#", "text": "Скидка \"10 %\"\n\u{1}", "from": "Shop", "n": 1, "id": "7", "order": order,
        "total": 125, "note": "№ 125!", "html": nil, "list": [[1, 2], true, nil],
      ])
  }

  @Test("a form is encoded, a text goes as it is")
  func otherBodies() throws {
    let server = try PythonServer("provider_server.py")
    let url = "http://127.0.0.1:\(server.port)/"
    for body in [#""form": {"to": "{{to}}", "a&b": "{{text}}", "v": 5}"#, #""text": "<sms>{{text}}</sms>""#] {
      let adapter = try adapter(#"{"adapter": "http", "request": {"url": "\#(url)", \#(body)}}"#)
      #expect(adapter.connect().send(message(text: "a=b & я")) == .accepted(providerID: nil))
    }
    let received = try server.received
    #expect(received.first?["body"] == "to=anna%40example.com&a%26b=a%3Db+%26+%D1%8F&v=5")
    #expect(received.first?["headers"]?["content-type"] == "application/x-www-form-urlencoded")
    #expect(received.last?["body"] == "<sms>a=b & я</sms>")
  }

  @Test("a GET carries everything in its URL")
  func get() throws {
    let server = try PythonServer("provider_server.py")
    let block =
      #"{"adapter": "http", "request": {"method": "GET", "url": "http://127.0.0.1:\#(server.port)/?t={{text}}"}}"#
    #expect(try adapter(block).connect().send(message(text: "a b")) == .accepted(providerID: nil))
    #expect(try server.received.first?["path"] == "/?t=a%20b")
    #expect(try server.received.first?["body"] == "")
  }

  @Test(
    "an answer decides what becomes of the message",
    arguments: [
      ("200", "", "", .accepted(providerID: nil)),
      ("429:Retry-After:120", "", "", .throttled(afterSeconds: 120, reason: "HTTP 429")),
      ("503:Retry-After:1000000000", "", "", .throttled(afterSeconds: 3600, reason: "HTTP 503")),
      ("429:Retry-After:soon", "", "", .throttled(afterSeconds: 60, reason: "HTTP 429")),
      ("429", "slow", "", .throttled(afterSeconds: 60, reason: "HTTP 429: slow")),
      (
        "503:Retry-After:Mon, 02 Mar 2026 09:05:00 GMT", "", "", .throttled(afterSeconds: 300, reason: "HTTP 503")
      ),
      ("500", "", "", .retry(afterSeconds: nil, reason: "HTTP 500")),
      ("502:Retry-After:9", "", "", .retry(afterSeconds: 9, reason: "HTTP 502")),
      ("408", "", "", .retry(afterSeconds: nil, reason: "HTTP 408")),
      ("404", "no\r\nsuch", "", .rejected(reason: "HTTP 404: no such")),
      ("302:Location:http://127.0.0.1:1/", "", "", .rejected(reason: "HTTP 302")),
      (
        "200", "{}", #""accepted": {"id": "/id"}"#,
        .unknown(reason: "expected an id at /id in the answer, got HTTP 200: {}")
      ),
      (
        "200", #"{"id": 12345678901234567890}"#, #""accepted": {"id": "/id"}"#,
        .accepted(providerID: "12345678901234567890")
      ),
      ("200", #"{"a": [{"b/c": "x"}]}"#, #""accepted": {"id": "/a/0/b~1c"}"#, .accepted(providerID: "x")),
      (
        "204", "", #""accepted": {"status": [200]}"#,
        .unknown(reason: "expected a status that the channel knows, got HTTP 204")
      ),
      ("404", "", #""accepted": {"status": [404]}"#, .accepted(providerID: nil)),
      (
        "200", #"{"ok":false}"#, #""accepted": {"match": {"/ok": true}}"#, .rejected(reason: #"HTTP 200: {"ok":false}"#)
      ),
      (
        "200", "oops", #""accepted": {"match": {"/ok": true}}"#,
        .unknown(reason: "expected /ok in the answer, got HTTP 200: oops")
      ),
      ("503", "", #""rejected": {"status": [503]}"#, .rejected(reason: "HTTP 503")),
      (
        "200", #"{"error":{"code":6}}"#,
        #""retry": {"match": {"/error/code": [6, 9]}}, "accepted": {"id": "/response"}"#,
        .retry(afterSeconds: nil, reason: #"HTTP 200: {"error":{"code":6}}"#)
      ),
      (
        "200", #"{"error":{"code":901}}"#, #""rejected": [{"status": 400}, {"match": {"/error/code": [901]}}]"#,
        .rejected(reason: #"HTTP 200: {"error":{"code":901}}"#)
      ),
    ] as [(String, String, String, HandOver)])
  func answers(_ answer: String, _ body: String, _ rules: String, _ expected: HandOver) throws {
    let server = try PythonServer("provider_server.py", ["--answer", answer, "--body", body])
    let outcome = try adapter(provider(server, rules)).connect().send(message())
    #expect(outcome == expected)
    #expect(try server.received.count == 1)
  }

  @Test(
    "a request that got no answer is unknown, or tried again where the provider knows repetitions",
    arguments: ["close", "hang", "garbage", "headers"])
  func noAnswer(_ answer: String) throws {
    let server = try PythonServer("provider_server.py", ["--answer", answer])
    let once = try adapter(provider(server)).connect().send(message())
    guard case .unknown = once else { Testing.Issue.record("expected unknown, got \(once)"); return }
    let block = provider(server, #""idempotent": true"#, json: #"{"key": "{{message.key}}"}"#)
    let repeated = try adapter(block).connect().send(message())
    guard case .retry = repeated else { Testing.Issue.record("expected retry, got \(repeated)"); return }
  }

  @Test("an answer without end is cut, and what was read counts")
  func endless() throws {
    let server = try PythonServer("provider_server.py", ["--answer", "endless"])
    let connection = try adapter(provider(server)).connect()
    #expect(connection.send(message()) == .accepted(providerID: nil))
    let strict = try adapter(provider(server, #""accepted": {"id": "/id"}"#)).connect().send(message())
    guard case .unknown = strict else { Testing.Issue.record("expected unknown, got \(strict)"); return }
  }

  @Test(
    "nobody listening, and a name that does not resolve, are tried later",
    arguments: ["127.0.0.1:9", "nowhere.invalid"])
  func noServer(_ host: String) throws {
    let block = #"{"adapter": "http", "request": {"url": "http://\#(host)/", "text": "{{text}}"}}"#
    let outcome = try adapter(block).connect().send(message())
    guard case .retry(nil, _) = outcome else { Testing.Issue.record("expected retry, got \(outcome)"); return }
  }

  @Test("without an idempotency key every request has a connection of its own and is sent once")
  func freshConnections() throws {
    let server = try PythonServer("provider_server.py")
    let connection = try adapter(provider(server)).connect()
    for _ in 1...3 { #expect(connection.send(message()) == .accepted(providerID: nil)) }
    #expect(try server.received.compactMap { $0["connection"]?.number } == [1, 2, 3])
  }

  @Test("with an idempotency key the connection is kept")
  func keptConnection() throws {
    let server = try PythonServer("provider_server.py")
    let block = provider(server, #""idempotent": true"#, json: #"{"key": "{{message.key}}"}"#)
    let connection = try adapter(block).connect()
    for _ in 1...3 { #expect(connection.send(message()) == .accepted(providerID: nil)) }
    #expect(try server.received.compactMap { $0["connection"]?.number } == [1, 1, 1])
  }

  @Test("a kept connection that closes on a request gives way to a new one")
  func keptConnectionCloses() throws {
    let server = try PythonServer("provider_server.py", ["--close-kept"])
    let block = provider(server, #""idempotent": true"#, json: #"{"key": "{{message.key}}"}"#)
    let connection = try adapter(block).connect()
    for _ in 1...2 { #expect(connection.send(message()) == .accepted(providerID: nil)) }
  }

  @Test(
    "a value from a contact adds no header and no part of a path",
    arguments: ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\r\n\r\nGET / HTTP/1.1", "a\u{0}b"])
  func injection(_ value: String) throws {
    let server = try PythonServer("provider_server.py")
    let url = "http://127.0.0.1:\(server.port)"
    let inHeader = try adapter(
      #"{"adapter": "http", "request": {"url": "\#(url)", "headers": {"X-To": "{{to}}"}, "text": "{{text}}"}}"#)
    #expect(
      inHeader.connect().send(message(to: value))
        == .rejected(reason: "expected a value without control characters in the header X-To"))
    #expect(try server.received.isEmpty)
    let inURL = try adapter(#"{"adapter": "http", "request": {"url": "\#(url)/{{to}}/x", "text": "{{text}}"}}"#)
    #expect(inURL.connect().send(message(to: value)) == .accepted(providerID: nil))
    let request = try #require(try server.received.first)
    #expect(request["headers"]?["x-evil"] == nil)
    #expect(request["path"]?.string?.split(separator: "/").count == 2)
  }

  @Test("a message without what the request carries is refused unsent")
  func unfillable() throws {
    let server = try PythonServer("provider_server.py")
    let connection = try adapter(provider(server)).connect()
    #expect(
      connection.send(message(text: nil))
        == .rejected(reason: "the request carries {{text}}, which this message does not have"))
    let needsData = try adapter(provider(server, json: #"{"c": "{{data.coupon.code}}"}"#)).connect()
    #expect(
      needsData.send(message(data: ["coupon": [:]]))
        == .rejected(reason: "the request names {{data.coupon.code}}, which this message does not have"))
    #expect(try server.received.isEmpty)
  }

  @Test("a provider that repeats the secret does not bring it into the reason")
  func echoedSecret() throws {
    let server = try PythonServer(
      "provider_server.py", ["--answer", "401", "--body", "bad key s3cr+t/one or s3cr%2Bt%2Fone"])
    let block =
      #"{"adapter": "http", "request": {"url": "http://127.0.0.1:\#(server.port)/{{secret.KEY}}", "text": "{{text}}"}}"#
    #expect(
      try adapter(block, secrets: ["KEY": "s3cr+t/one"]).connect().send(message())
        == .rejected(reason: "HTTP 401: bad key *** or ***"))
  }
}
