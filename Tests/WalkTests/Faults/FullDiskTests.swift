import Foundation
import JSON
import Testing

/// No room, and room again.
@Suite("A full disk", .onItsOwnThread, .serialized, .enabled(if: SmallDisk.isPossible, SmallDisk.whyNot))
struct FullDiskTests {
  @Test("under load, events are 503 until there is room again; nothing acknowledged is lost, no letter comes twice")
  func underLoad() throws {
    let folder = try TemporaryFolder()
    _ = folder
    var disk: SmallDisk?
    let world = try AxeWorld(prepare: { disk = try SmallDisk(at: $0, kilobytes: 65_536) })
    let load = try world.load("1")
    try eventually("letters leave") { try world.taken().count > 20 }
    disk?.fill()
    try eventually("clients are refused") { world.book.refusals > 10 }
    try world.endure()
    try disk?.makeRoom()
    try world.recover(load)
    disk?.remove()
  }

  @Test("an unsubscribe is 503, never a false 200, reads go on; with room again it is taken")
  func unsubscribe() throws {
    let shop = try Shop(clock: nil, opens: false)
    let disk = try SmallDisk(at: shop.dataPath, kilobytes: 16_384)
    defer { disk.remove() }
    try shop.open()
    try shop.ann()
    try shop.template("hello", ["subject": "Hello", "text": "Hello"])
    try shop.publish("hello", ["enter": ["event": "signup"], "steps": [["send": "email", "template": "hello"]]])
    try shop.event("signup")
    try eventually("the letter is there and its run has ended") {
      try shop.mail.letters().count == 1 && shop.messages("&status=sent").count == 1
    }
    let header = try #require(try shop.mail.letters().first?.header("List-Unsubscribe"))
    let link = String(header.dropFirst().prefix { $0 != ">" })
    func unsubscribe() throws -> Answer {
      let form = [("Content-Type", "application/x-www-form-urlencoded")]
      return try shop.visit(link, "POST", headers: form, body: "List-Unsubscribe=One-Click")
    }
    disk.fill()
    let refused = try unsubscribe()
    #expect(refused.status == 503)
    #expect(refused.header("retry-after") != nil)
    let writes: [(String, String, JSONValue)] = [
      ("POST", "/v1/events", ["type": "signup", "contact": ["id": "ann"]]),
      ("PUT", "/v1/contacts/ann", ["locale": "ru"]), ("POST", "/v1/suppressions", ["address": "ann@example.com"]),
    ]
    for (method, path, body) in writes { #expect(try shop.call(method, path, body).status == 503, "\(path)") }
    for path in ["/v1/contacts/ann", "/v1/messages", "/metrics", "/healthz"] {
      #expect(try shop.call("GET", path).status == 200, "\(path)")
    }
    #expect(try shop.call("GET", "/readyz").status == 503)
    #expect(try shop.ask("GET", "/v1/suppressions")["items"]?.array?.isEmpty == true)
    try disk.makeRoom()
    try eventually("it is ready by itself") { try shop.call("GET", "/readyz").status == 200 }
    #expect(try unsubscribe().status == 200)
    #expect(try shop.ask("GET", "/v1/suppressions")["items"]?.array?.count == 1)
    #expect(shop.close() == 0)
  }

  @Test("full in the middle of a checkpoint: 503 until there is room, then the log is copied back, and nothing is lost")
  func checkpoint() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    // The log has its room until it is to be copied back; a copy of it has not.
    let disk = try SmallDisk(at: data, kilobytes: 120_000)
    defer { disk.remove() }
    let zveno = try Zveno(["--data", data])
    let load = HeavyLoad(port: zveno.port, clients: 2, callsEach: 9)
    let statuses = load.run()
    #expect(Set(statuses) == [202, 503], "\(statuses)")
    for path in ["/healthz", "/metrics"] {
      let answer = try Call.make(
        "GET", path, port: zveno.port, headers: [("Authorization", "Bearer \(Zveno.adminKey)")])
      #expect(answer.status == 200)
    }
    try disk.grow(kilobytes: 600_000)
    try eventually("it takes events again") { load.send() == 202 }
    #expect(zveno.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: data + "/zveno.sqlite-wal"))
    let books = try Books(data + "/zveno.sqlite")
    try books.checkFile()
    #expect(try books.events(ofType: HeavyLoad.type) == load.accepted, "202 is what is stored, and nothing else is")
  }

  @Test("an end in the middle of it loses nothing, and the next start needs no help")
  func stop() throws {
    var disk: SmallDisk?
    let world = try AxeWorld(prepare: { disk = try SmallDisk(at: $0, kilobytes: 65_536) })
    let load = try world.load("1")
    try eventually("letters leave") { try world.taken().count > 20 }
    disk?.fill()
    try eventually("clients are refused") { world.book.refusals > 10 }
    #expect(world.shop.close() == 0)
    load.end()
    try disk?.makeRoom()
    try world.shop.open()
    try world.settle()
    try world.check()
    disk?.remove()
  }

  @Test("an end that cannot be noted is no damage")
  func stopWithNothingToDo() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let disk = try SmallDisk(at: data, kilobytes: 16_384)
    defer { disk.remove() }
    #expect(try Zveno(["--data", data]).stop() == 0)
    let zveno = try Zveno(["--data", data])
    disk.fill()
    #expect(zveno.stop() == 0)
    try disk.makeRoom()
    #expect(try Zveno(["--data", data]).stop() == 0)
  }

  @Test("a first start without room is refused with one line, and with room it is a first start")
  func start() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let disk = try SmallDisk(at: data, kilobytes: 64)
    defer { disk.remove() }
    try Self.refused(data)
    try disk.grow(kilobytes: 16_384)
    #expect(try Zveno(["--data", data]).stop() == 0)
  }

  @Test("a folder that cannot be written is refused with one line, and is as it was")
  func readOnly() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let disk = try SmallDisk(at: data, kilobytes: 16_384)
    defer { disk.remove() }
    #expect(try Zveno(["--data", data]).stop() == 0)
    try disk.setReadOnly(true)
    try Self.refused(data)
    try disk.setReadOnly(false)
    #expect(try Zveno(["--data", data]).stop() == 0)
  }

  private static func refused(_ data: String) throws {
    let run = try Zveno.run(["serve", "--listen", "127.0.0.1:0", "--data", data])
    #expect(run.status == 69, "\(run.output)")
    #expect(run.output.split(separator: "\n").count == 1, "\(run.output)")
  }
}
