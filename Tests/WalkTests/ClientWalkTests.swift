import Foundation
import JSON
import Testing

/// The commands and servers that break, lie or are none.
@Suite("Commands and a server that does not do its part", .onItsOwnThread)
struct ClientWalkTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ words: [String], _ server: TestServer, input: String = "") throws -> (
    status: Int32?, output: String
  ) {
    try folder.write(input, to: "input")
    let under = ["sh", "-c", "\"$@\" < \"$0\"", folder.path + "/input"]
    return try Zveno.run(words + ["--url", "http://127.0.0.1:\(server.port)"], under: under)
  }

  private static func answer(_ status: Int, _ body: JSONValue, _ headers: JSONValue = [:]) -> JSONValue {
    ["status": .number(JSONNumber(status)), "body": body, "headers": headers]
  }

  private static func taken(_ accepted: Int, rejected: JSONValue = []) -> JSONValue {
    answer(202, ["accepted": .number(JSONNumber(accepted)), "duplicates": 0, "rejected": rejected])
  }

  private static let two = """
    {"type":"view","contact":{"id":"ann"}}
    {"type":"view","contact":{"id":"bob"}}
    """

  @Test("a redirect is not followed: where it leads nobody gets the key, and the person is told")
  func redirect() throws {
    let other = try TestServer.scripted([Self.taken(2)])
    let place = "http://127.0.0.1:\(other.port)/v1/events"
    let server = try TestServer.scripted([Self.answer(308, "", ["Location": .string(place)])])
    for words in [["events", "send"], ["keys", "list"], ["health"]] {
      let sent = try run(words, server, input: Self.two)
      #expect(sent.status == 1, "\(sent.output)")
      #expect(sent.output.contains("answered 308 and sends to \(place)"), "\(sent.output)")
    }
    #expect(try other.requests().isEmpty)
  }

  @Test("a batch is sent again whole, with its Idempotency-Key, after a lost answer, a 408 and a call under way")
  func sentAgain() throws {
    let underWay = Self.answer(409, ["code": "call_under_way"], ["Retry-After": "0"])
    let server = try TestServer.scripted([.null, Self.answer(408, ""), underWay, Self.taken(2)])
    let sent = try run(["events", "send"], server, input: Self.two)
    #expect(sent.status == 0 && sent.output.contains("2 accepted"), "\(sent.output)")
    let calls = try server.requests()
    #expect(calls.count == 4)
    #expect(Set(calls.compactMap { $0["body"]?.string }) == [Self.two])
    #expect(Set(calls.compactMap { $0["headers"]?["idempotency-key"]?.string }).count == 1)
  }

  @Test(
    "of a batch whose answer is lost it is said that nothing is known, of one that is turned away that it is not in")
  func unknown() throws {
    let lost = try run(["events", "send"], try .scripted([Self.answer(502, "")]), input: Self.two)
    #expect(lost.status == 1)
    #expect(lost.output.contains("from line 1 on it is not known what was taken"), "\(lost.output)")
    let refused = try run(["events", "send"], try .scripted([Self.answer(403, "")]), input: Self.two)
    #expect(refused.status == 1)
    #expect(refused.output.contains("from line 1 on nothing was taken"), "\(refused.output)")
    #expect(refused.output.contains("0 accepted, 0 duplicates, 0 refused"))
  }

  @Test("a batch that was carried out without an answer counts as taken, and the next one follows")
  func answerNotKept() throws {
    let server = try TestServer.scripted([Self.answer(409, ["code": "answer_not_kept"]), Self.taken(1)])
    let sent = try run(["events", "send", "--batch", "1"], server, input: Self.two)
    #expect(sent.status == 0, "\(sent.output)")
    #expect(sent.output.contains("1 accepted, 0 duplicates, 0 refused, 1 taken whose answer is lost"), "\(sent.output)")
  }

  @Test("an answer whose counts do not fit, or that is no Zveno's, is an error")
  func counts() throws {
    let short = try run(["events", "send"], try .scripted([Self.taken(1)]), input: Self.two)
    #expect(short.status == 1 && short.output.contains("for 2 events from line 1 on"), "\(short.output)")
    for answer in [Self.answer(200, "<html>Welcome</html>"), Self.answer(200, [:])] {
      for words in [["events", "send"], ["keys", "list"], ["events", "tail"], ["health"]] {
        #expect(try run(words, try .scripted([answer]), input: Self.two).status == 1, "\(words)")
      }
    }
  }

  @Test("a server that goes away is waited for by tail, which says so once")
  func tail() throws {
    func page(_ items: JSONValue) -> JSONValue { Self.answer(200, ["items": items, "next": .null]) }
    let event: JSONValue = ["seq": 2, "type": "cart", "contact": ["id": "ann"]]
    let server = try TestServer.scripted([page([]), .null, Self.answer(502, ""), page([event])])
    let shown = try run(["events", "tail", "--count", "1"], server)
    #expect(shown.status == 0 && shown.output.contains("cart  ann"), "\(shown.output)")
    #expect(shown.output.components(separatedBy: "waiting for it").count == 2, "\(shown.output)")
  }

  @Test("what went live before the server refused is told")
  func half() throws {
    for id in ["a", "b"] {
      try folder.write(#"{"enter": {"event": "x"}, "steps": [{"exit": "done"}]}"#, to: "files/chains/\(id).json")
    }
    let none = Self.answer(404, [:])
    let saved = Self.answer(201, ["has_draft": true, "status": "draft"], ["ETag": "\"1\""])
    let live = Self.answer(200, ["version": 1])
    let refusal = Self.answer(409, ["detail": "not now"])
    let server = try TestServer.scripted([none, none, saved, saved, live, live, live, refusal])
    let applied = try run(["apply", folder.path + "/files", "--yes"], server)
    #expect(applied.status == 1)
    #expect(applied.output.contains("a is live as version 1\nno other chain went live"), "\(applied.output)")
    let lost = try TestServer.scripted([none, none, saved, saved, live, live, .null])
    let open = try run(["apply", folder.path + "/files", "--yes"], lost)
    #expect(open.status == 69)
    #expect(open.output.contains("no chain went live; whether a went live is not known"), "\(open.output)")
  }

  @Test("an answer that cannot be written is an error")
  func fullOutput() throws {
    let under = ["sh", "-c", "exec \"$0\" \"$@\" > /dev/full"]
    let version = try Zveno.run(["version"], under: under)
    #expect(version.status == 1)
    #expect(version.output.contains("standard output cannot be written"), "\(version.output)")
  }

  @Test("keys are listed page after page, and their names steer no terminal")
  func keys() throws {
    func page(_ id: String, next: JSONValue) -> JSONValue {
      Self.answer(200, ["items": [["id": .string(id), "name": "a\u{1B}[2Jb", "scopes": ["read"]]], "next": next])
    }
    let server = try TestServer.scripted([page("k1", next: "c/1"), page("k2", next: .null)])
    let listed = try run(["keys", "list"], server)
    #expect(listed.output == "k1\tread\ta·[2Jb\tnever\nk2\tread\ta·[2Jb\tnever")
    #expect(try server.requests().last?["path"] == "/v1/keys?limit=1000&after=c%2F1")
  }
}
