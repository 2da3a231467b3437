import Foundation
import Glibc
import JSON
import Testing

/// What a host does to a server, and how it ends.
@Suite("Faults of the host")
struct FaultWalkTests {
  @Test("stopped under load: it ends with 0, nothing acknowledged is lost, nothing is left unknown")
  func stoppedUnderLoad() throws {
    let world = try AxeWorld()
    let load = try world.load("1")
    try eventually("letters leave") { try world.taken().count > 20 }
    #expect(world.shop.close() == 0)
    load.end()
    try world.shop.open()
    try world.settle()
    #expect(try world.shop.messages("&status=unknown").isEmpty)
    try world.check()
  }

  @Test("a second signal ends it at once, and the message in hand goes on at the next start")
  func secondSignal() throws {
    let shop = try Shop(clock: nil, provider: ["--answer", "hang", "--times", "1"])
    try shop.ann()
    try shop.template("text", ["text": "Hello"])
    try shop.publish("text", ["enter": ["event": "signup"], "steps": [["send": "sms", "template": "text"]]])
    try shop.event("signup")
    try eventually("the provider has the message") { try shop.provider.requests().count == 1 }
    let zveno = try #require(shop.zveno)
    zveno.signal(SIGTERM)
    #expect(zveno.end(seconds: 1) == nil)
    zveno.signal(SIGTERM)
    #expect(zveno.end(seconds: 5) == 128 + SIGTERM)
    try shop.open()
    try eventually("a provider that knows a repetition by its key is asked again") {
      try shop.messages("&status=sent").count == 1
    }
    let bodies = try shop.provider.requests().map { $0["body"]?.string }
    #expect(bodies.count == 2 && bodies[0] == bodies[1])
  }

  @Test("while another program holds the write lock, writes are 503, reads go on, and then all is well again")
  func foreignLock() throws {
    let shop = try Shop(clock: nil)
    try shop.ann()
    let lock = try ForeignLock(shop.dataPath + "/zveno.sqlite")
    let event: JSONValue = ["type": "signup", "contact": ["id": "ann"]]
    let refused = try shop.call("POST", "/v1/events", event)
    #expect(refused.status == 503)
    #expect(refused.header("retry-after") != nil)
    #expect(try shop.call("GET", "/v1/contacts/ann").status == 200)
    #expect(try shop.call("GET", "/readyz").status == 503)
    #expect(try shop.call("GET", "/healthz").status == 200)
    try lock.release()
    try eventually("it takes writes again") { try shop.call("POST", "/v1/events", event).status == 202 }
    #expect(try shop.call("GET", "/readyz").status == 200)
    #expect(shop.close() == 0)
  }

  @Test("it outlives a log that nobody reads any more")
  func closedLog() throws {
    let shop = try Shop(clock: nil)
    try #require(shop.zveno).closeOutput()
    try shop.ann()
    #expect(try shop.call("GET", "/healthz").status == 200)
    #expect(shop.close() == 0)
  }

  @Test("a damaged database is refused with one line", arguments: ["header", "truncated", "newer", "missing"])
  func damaged(_ how: String) throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let path = data + "/zveno.sqlite"
    #expect(try Zveno(["--data", data]).stop() == 0)
    switch how {
    case "header": try overwrite(path, at: 0, [UInt8](repeating: 0, count: 100))
    case "truncated": #expect(truncate(path, 4096 * 3) == 0)
    case "newer": try overwrite(path, at: 60, [0, 0, 0, 99])
    default: try FileManager.default.removeItem(atPath: path)
    }
    let run = try Zveno.run(["serve", "--listen", "127.0.0.1:0", "--data", data])
    #expect(run.status == 69, "\(run.output)")
    #expect(run.output.split(separator: "\n").count == 1, "\(run.output)")
  }

  private func overwrite(_ path: String, at offset: UInt64, _ bytes: [UInt8]) throws {
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data(bytes))
    try file.close()
  }
}
