import Foundation
import JSON
import SQL
import Testing

/// Starting, refusing to start, and ending.
@Suite("Starts and ends")
struct StartWalkTests {
  @Test("the first start makes an admin key and prints it once")
  func adminKey() throws {
    let folder = try TemporaryFolder()
    let noKey = ["ZVENO_ADMIN_KEY": ""]
    let first = try Zveno(["--data", folder.path + "/data"], environment: noKey)
    let key = try #require(first.written.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("zv_") })
    let headers = [("Authorization", "Bearer \(key)")]
    #expect(try Call.make("GET", "/v1/keys", port: first.port, headers: headers).status == 200)
    #expect(try Call.make("GET", "/v1/keys", port: first.port).status == 401)
    #expect(first.stop() == 0)
    let second = try Zveno(["--data", folder.path + "/data"], environment: noKey)
    #expect(!second.written.contains("zv_"))
    #expect(try Call.make("GET", "/v1/keys", port: second.port, headers: headers).status == 200)
    #expect(second.stop() == 0)
  }

  @Test("a second server on the same folder is refused with one line")
  func locked() throws {
    let folder = try TemporaryFolder()
    let first = try Zveno(["--data", folder.path + "/data"])
    let second = try Zveno.run(["serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data"])
    #expect(second.status == 69)
    #expect(second.output.split(separator: "\n").count == 1, "\(second.output)")
    #expect(second.output.contains("in use"))
    #expect(first.stop() == 0)
  }

  @Test("a port that is taken is refused with one line")
  func port() throws {
    let folder = try TemporaryFolder()
    let first = try Zveno(["--data", folder.path + "/one"])
    let second = try Zveno.run(["serve", "--listen", "127.0.0.1:\(first.port)", "--data", folder.path + "/two"])
    #expect(second.status == 69)
    #expect(second.output.contains("127.0.0.1:\(first.port)"))
    #expect(first.stop() == 0)
  }

  @Test("a database that is none is refused and left as it is", arguments: ["this is no database at all", ""])
  func foreign(_ content: String) throws {
    let folder = try TemporaryFolder()
    let content = content.isEmpty ? String(repeating: "\0", count: 8192) : content
    try folder.write(content, to: "data/zveno.sqlite")
    let run = try Zveno.run(["serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data"])
    #expect(run.status == 69)
    #expect(run.output.split(separator: "\n").count == 1, "\(run.output)")
    #expect(try String(contentsOfFile: folder.path + "/data/zveno.sqlite", encoding: .utf8) == content)
  }

  @Test("a folder of a newer version is refused with one line and left as it is")
  func newer() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    #expect(try Zveno(["--data", data]).stop() == 0)
    let path = data + "/zveno.sqlite"
    do {
      let db = try Connection(path: path, mode: .writer)
      try db.execute("PRAGMA user_version = 9999")
      db.close()
    }
    let before = try Data(contentsOf: URL(filePath: path))
    let run = try Zveno.run(["serve", "--listen", "127.0.0.1:0", "--data", data])
    #expect(run.status == 69)
    #expect(run.output.split(separator: "\n").count == 1, "\(run.output)")
    #expect(run.output.contains("newer zveno: its layout is 9999"))
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test("a wrong configuration is refused with every place, as compilers print it")
  func configuration() throws {
    let folder = try TemporaryFolder()
    try folder.write("{\n  \"lisen\": \"127.0.0.1:1\",\n  \"durability\": \"ful\"\n}", to: "zveno.json")
    let path = folder.path + "/zveno.json"
    let run = try Zveno.run(["serve", "--data", folder.path + "/data", "--config", path])
    #expect(run.status == 78)
    #expect(run.output.contains("\(path):2:3: error: unknown key \"lisen\" — did you mean \"listen\"? [/lisen]"))
    #expect(run.output.contains("\(path):3:17: error: "))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/zveno.sqlite"))
    #expect(try Zveno.run(["check", path]).status == 1)
  }

  @Test("a folder made with a test clock needs one, and one made without refuses it")
  func clocks() throws {
    let folder = try TemporaryFolder()
    let (virtual, real) = (folder.path + "/virtual", folder.path + "/real")
    let time = ["--test-clock", Shop.start]
    #expect(try Zveno(["--data", virtual] + time).stop() == 0)
    #expect(try Zveno(["--data", real]).stop() == 0)
    #expect(try Zveno.run(["serve", "--listen", "127.0.0.1:0", "--data", virtual]).status == 69)
    #expect(try Zveno.run(["serve", "--listen", "127.0.0.1:0", "--data", real] + time).status == 69)
    let again = try Zveno(["--data", virtual] + time)
    #expect(again.stop(SIGINT) == 0)
  }

  @Test("the test clock is no route of a server on the wall clock")
  func noTestClock() throws {
    let folder = try TemporaryFolder()
    let zveno = try Zveno(["--data", folder.path + "/data"])
    let headers = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json")]
    let body = Array("{\"advance\":\"1h\"}".utf8)
    let answer = try Call.make("POST", "/v1/test-clock", port: zveno.port, headers: headers, body: body)
    #expect(answer.status == 404 || answer.status == 409)
    #expect(zveno.stop() == 0)
  }

  @Test("keys are made, listed and revoked from the command line")
  func keys() throws {
    let folder = try TemporaryFolder()
    let zveno = try Zveno(["--data", folder.path + "/data"])
    let server = ["--url", "http://127.0.0.1:\(zveno.port)"]
    let made = try Zveno.run(["keys", "create", "--name", "shop", "--scope", "events"] + server)
    #expect(made.status == 0, "\(made.output)")
    let words = made.output.split(whereSeparator: \.isWhitespace).map(String.init)
    let key = try #require(words.first { $0.hasPrefix("zv_") })
    let id = try #require(words.firstIndex(of: "id:").map { words[$0 + 1] })
    let headers = [("Authorization", "Bearer \(key)")]
    #expect(try Call.make("GET", "/v1/keys", port: zveno.port, headers: headers).status == 403)
    #expect(try Zveno.run(["keys", "list"] + server).output.contains("\(id)\tevents\tshop"))
    #expect(try Zveno.run(["keys", "revoke", id] + server).status == 0)
    #expect(try Call.make("GET", "/v1/keys", port: zveno.port, headers: headers).status == 401)
    #expect(try Zveno.run(["keys", "create", "--name", "x", "--scope", "evnts"] + server).status == 1)
    #expect(try Zveno.run(["health"] + server).status == 0)
    #expect(zveno.stop() == 0)
    #expect(try Zveno.run(["health"] + server).status == 69)
  }

  @Test("what later versions bring is an unknown route now")
  func unknownRoutes() throws {
    let folder = try TemporaryFolder()
    let zveno = try Zveno(["--data", folder.path + "/data"])
    let headers = [("Authorization", "Bearer \(Zveno.adminKey)")]
    let later = ["/v1/products/1", "/v1/segments/vip", "/v1/analytics/cohorts", "/v1/webhooks/crm"]
    for path in later + ["/v1/chains/x/why/ann"] {
      let answer = try Call.make("GET", path, port: zveno.port, headers: headers)
      #expect(answer.status == 404)
      #expect(answer.header("content-type") == "application/problem+json")
    }
    #expect(zveno.stop() == 0)
  }
}
