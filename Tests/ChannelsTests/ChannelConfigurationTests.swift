import Domain
import Foundation
import JSON
import Testing

@testable import Channels

@Suite("A channel's block in the configuration")
struct ChannelConfigurationTests {
  @Test("a channel without an adapter is the log")
  func defaultAdapter() throws {
    let log = try #require(try adapter(#"{"price": "1"}"#) as? LogAdapter)
    #expect(log.connections == 8)
    #expect(!log.opensTask)
    #expect(log.connect().send(message()) == .accepted(providerID: nil))
  }

  @Test("a task channel accepts at once and opens tasks")
  func task() throws {
    let task = try #require(try adapter(#"{"adapter": "task", "connections": 2}"#) as? TaskAdapter)
    #expect(task.opensTask)
    #expect(task.isIdempotent)
    #expect(task.connections == 2)
    #expect(task.connect().send(message(to: "+79001234567")) == .accepted(providerID: nil))
  }

  @Test("a mail channel takes its login from secrets, whatever they hold")
  func mailSecrets() throws {
    let block = #"""
      {"adapter": "smtp", "url": "smtp://{{secret.USER}}:{{secret.PASSWORD}}@mail.shop.example:587?tls=required",
       "from": "Магазин <news@почта.рф>", "reply_to": "help@shop.example", "sender": "bounce@shop.example",
       "connections": 3, "timeout": "1500ms", "headers": {"X-Shop": "1"}}
      """#
    let made = try adapter(block, secrets: ["USER": "me@shop.example", "PASSWORD": "p:/?#@%41 ä"])
    let settings = try #require(made as? SMTPAdapter).settings
    #expect(settings.server.login == .init(user: "me@shop.example", password: Secret("p:/?#@%41 ä")))
    #expect(settings.server.url == "smtp://mail.shop.example:587/")
    #expect(settings.server.tls == .required)
    #expect(settings.sender.from.address.text == "news@xn--80a1acny.xn--p1ai")
    #expect(settings.envelopeSender.text == "bounce@shop.example")
    #expect((settings.connections, settings.timeoutMilliseconds) == (3, 1500))
  }

  @Test(
    "an issue names its place and what to do",
    arguments: [
      (#"{"adapter": "smpt"}"#, "/adapter", .badValue, "did you mean `smtp`?"),
      (#"{"adapter": 1}"#, "/adapter", .wrongType, nil),
      (#"{"adapter": "log", "url": "x"}"#, "/url", .unknownKey, "leave it out"),
      (#"{"adapter": "log", "connections": 0}"#, "/connections", .badValue, nil),
      (#"{"adapter": "smtp", "from": "a@b.example"}"#, "/url", .missing, nil),
      (#"{"adapter": "smtp", "url": "smtp://h"}"#, "/from", .missing, nil),
      (
        #"{"adapter": "smtp", "url": "smtp://h", "from": "Shop"}"#, "/from", .badValue, "\"Shop <news@shop.example>\""
      ),
      (#"{"adapter": "smtp", "url": "smtp://{{to}}", "from": "a@b.example"}"#, "/url", .badValue, nil),
      (
        #"{"adapter": "smtp", "url": "smtp://u:{{secret.P}}@h", "from": "a@b.example"}"#, "/url", .unknownReference,
        "set ZVENO_SECRET_P, or ZVENO_SECRET_P_FILE to a file that holds it"
      ),
      (
        #"{"adapter": "smtp", "url": "smtp://h", "from": "a@b.example", "timeout": "1h"}"#, "/timeout", .badValue,
        "\"30s\""
      ),
      (#"{"adapter": "smtp", "url": "smtp://h", "from": "a@b.example", "tls": "on"}"#, "/tls", .badValue, nil),
      (#"{"adapter": "smtp", "url": "smtp://h", "from": "a@b.example", "ca": "/nowhere"}"#, "/ca", .badValue, nil),
      (
        #"{"adapter": "smtp", "url": "smtp://h", "from": "a@b.example", "headers": {"Bcc": "x@y.example"}}"#,
        "/headers/Bcc", .badValue, nil
      ),
      (
        #"{"adapter": "smtp", "url": "smtp://h", "from": "a@b.example", "headers": {"X": "a\r\nBcc: b"}}"#,
        "/headers/X", .wrongType, nil
      ),
      (#"{"adapter": "http"}"#, "/request", .missing, nil),
      (#"{"adapter": "http", "request": {}}"#, "/request/url", .missing, nil),
      (#"{"adapter": "http", "request": {"url": "ftp://h/"}}"#, "/request/url", .badValue, nil),
      (#"{"adapter": "http", "request": {"url": "http://{{data.host}}/"}}"#, "/request/url", .badValue, nil),
      (#"{"adapter": "http", "request": {"url": "http://h{{to}}"}}"#, "/request/url", .badValue, nil),
      (#"{"adapter": "http", "request": {"url": "http://{{to}}@h/"}}"#, "/request/url", .badValue, nil),
      (
        #"{"adapter": "http", "request": {"url": "http://h/", "json": {"a": ["{{txt}}"]}}}"#, "/request/json/a/0",
        .unknownReference, "did you mean {{text}}?"
      ),
      (#"{"adapter": "http", "request": {"url": "http://h/", "text": "{{to"}}"#, "/request/text", .badValue, nil),
      (
        #"{"adapter": "http", "request": {"url": "http://h/", "text": "{{from}}"}}"#, "/request/text",
        .unknownReference, nil
      ),
      (
        #"{"adapter": "http", "request": {"url": "http://h/", "headers": {"A": "{{secret.NO}}"}}}"#,
        "/request/headers/A", .unknownReference, "set ZVENO_SECRET_NO, or ZVENO_SECRET_NO_FILE to a file that holds it"
      ),
      (
        #"{"adapter": "http", "request": {"url": "http://h/", "headers": {"A": "{{secret.LINES}}"}}}"#,
        "/request/headers/A", .badValue, nil
      ),
      (
        #"{"adapter": "http", "request": {"url": "http://h/", "headers": {"Host": "x"}}}"#, "/request/headers/Host",
        .badValue, nil
      ),
      (
        #"{"adapter": "http", "request": {"url": "http://h/", "headers": {"A b": "x"}}}"#, "/request/headers/A b",
        .badValue, nil
      ),
      (
        #"{"adapter": "http", "request": {"url": "http://h/", "form": {}, "text": "x"}}"#, "/request/text", .badValue,
        nil
      ),
      (
        #"{"adapter": "http", "request": {"method": "GET", "url": "http://h/", "text": "x"}}"#, "/request/method",
        .badValue, "\"POST\", or put the values into the url"
      ),
      (
        #"{"adapter": "http", "idempotent": true, "request": {"url": "http://h/", "text": "{{text}}"}}"#, "/idempotent",
        .badValue, "put {{message.key}} into a header or the body, or take `idempotent` away"
      ),
      (
        #"{"adapter": "http", "request": {"url": "http://h/"}, "accepted": {"id": "id"}}"#, "/accepted/id", .badValue,
        "begin with a slash, as in \"/message_id\""
      ),
      (
        #"{"adapter": "http", "request": {"url": "http://h/"}, "accepted": {"stats": []}}"#, "/accepted/stats",
        .unknownKey, "did you mean `status`?"
      ),
      (
        #"{"adapter": "http", "request": {"url": "http://h/"}, "rejected": {"status": [42]}}"#, "/rejected/status",
        .wrongType, nil
      ),
      (#"{"adapter": "http", "request": {"url": "http://h/"}, "rejected": [{}]}"#, "/rejected/0", .missing, nil),
    ] as [(String, String, ConfigurationIssue.Code, String?)])
  func issue(_ block: String, _ pointer: String, _ code: ConfigurationIssue.Code, _ hint: String?) throws {
    let found = try issues(block, secrets: ["LINES": "a\nb-s3cret"])
    #expect(found.map(\.pointer) == ["/channels/x" + pointer])
    let issue = try #require(found.first)
    #expect(issue.code == code)
    if let hint { #expect(issue.hint == hint) }
    #expect(issue.line == 1)
    #expect(!issue.detail.contains("s3cret"))
  }

  @Test("all that is wrong with a block is told at once, with line and column")
  func allAtOnce() throws {
    let found = try issues(
      """
      {"adapter": "smtp",
       "url": "smtp://u:s3cret@h?tls=no",
         "form": "a@b.example",
       "timeout": 5}
      """)
    #expect(
      Set(found.map(\.pointer)) == ["/channels/x/form", "/channels/x/url", "/channels/x/from", "/channels/x/timeout"])
    let unknown = try #require(found.first { $0.code == .unknownKey })
    #expect((unknown.line, unknown.column) == (3, 4))
    #expect(unknown.hint == "did you mean `from`?")
    #expect(!found.contains { $0.detail.contains("s3cret") })
  }

  @Test("a secret is nowhere in what an adapter prints of itself")
  func printed() throws {
    let secrets = ["KEY": "s3cret-word"]
    let blocks = [
      #"{"adapter": "smtp", "url": "smtp://u:{{secret.KEY}}@h", "from": "a@b.example"}"#,
      #"{"adapter": "http", "request": {"url": "http://h/{{secret.KEY}}", "json": {"k": "{{secret.KEY}} {{to}}"}}}"#,
    ]
    for block in blocks {
      let adapter = try adapter(block, secrets: secrets)
      var dumped = ""
      dump(adapter, to: &dumped)
      #expect(!"\(adapter)\(String(reflecting: adapter))\(dumped)".contains("s3cret-word"))
    }
  }

  @Test("the ready blocks for real providers are taken as they are")
  func readyBlocks() throws {
    let folder = PythonServer.scripts.appending(path: "../../config/channels").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
    #expect(!files.isEmpty)
    for file in files {
      let root = try JSONDocument(parsing: Array(Data(contentsOf: file))).root
      let channels = try #require(root["channels"], "\(file.lastPathComponent)")
      for member in channels.members {
        #expect(throws: Never.self, "\(file.lastPathComponent)") {
          try Channels.adapter(
            from: member.value, at: "/channels/\(member.key)",
            otherKeys: ["note", "price", "hours", "consent", "per_second", "max_attempts"], secret: { _ in "s+/=" },
            now: { noon })
        }
      }
    }
  }
}
