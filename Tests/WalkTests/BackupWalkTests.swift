import Foundation
import Glibc
import JSON
import Testing

/// `zveno backup`, `restore` and `release`, with the real server between them.
@Suite("Backup and restore", .onItsOwnThread)
struct BackupWalkTests {
  private static func backUp(_ shop: Shop, to file: String, _ more: [String] = []) throws -> (
    status: Int32?, output: String
  ) {
    let port = try #require(shop.zveno).port
    return try Zveno.run(["backup", file, "--url", "http://127.0.0.1:\(port)"] + more)
  }

  private static func release(_ shop: Shop, _ more: [String] = ["--yes"]) throws -> (status: Int32?, output: String) {
    let port = try #require(shop.zveno).port
    return try Zveno.run(["release", "--url", "http://127.0.0.1:\(port)"] + more)
  }

  /// The world goes down and comes back out of the file.
  private static func restore(_ shop: Shop, from file: String) throws {
    shop.killHard()
    try FileManager.default.removeItem(atPath: shop.dataPath)
    let restored = try Zveno.run(["restore", file, "--data", shop.dataPath])
    try #require(restored.status == 0, "\(restored.output)")
  }

  @Test("made under load it is whole, holds all that was acknowledged before, and sends nothing until it is released")
  func underLoad() throws {
    let world = try AxeWorld()
    let shop = world.shop
    let load = try world.load("1")
    try eventually("events are acknowledged") { world.book.acknowledged.count > 200 }
    let before = world.book.acknowledged
    let file = shop.folder.path + "/backup.sqlite"
    let made = try Self.backUp(shop, to: file)
    #expect(made.status == 0, "\(made.output)")
    #expect(world.book.acknowledged.count > before.count, "events came in meanwhile")
    try Self.restore(shop, from: file)
    load.end()
    try Books(shop.dataPath + "/zveno.sqlite").checkEvents(contain: before)

    let sent = try world.taken().count
    try shop.open()
    let late = Posted(id: "late", kind: .order, contact: 1)
    #expect(world.book.post([late], as: .single, port: try #require(shop.zveno).port))
    try eventually("what waited a second is due by now") {
      let hold = try shop.ask("GET", "/v1/hold")
      return hold["held"] == true && hold["events_waiting"]?.number?.int ?? 0 > 0
        && hold["due"]?["total"]?.number?.int ?? 0 > 0
    }
    #expect(try world.taken().count == sent)
    #expect(try shop.call("GET", "/metrics").text.contains("\nzveno_held 1\n"))

    let asked = try Self.release(shop, [])
    #expect(asked.status == 1, "nobody said yes: \(asked.output)")
    #expect(try shop.ask("GET", "/v1/hold")["held"] == true)
    let released = try Self.release(shop)
    #expect(released.status == 0, "\(released.output)")
    let trail = try shop.ask("GET", "/v1/audit?limit=1000")["items"]?.array ?? []
    let actions = trail.compactMap { $0["action"]?.string }
    #expect(Array(actions.suffix(2)) == ["serve: held", "POST /v1/release"], "\(actions.suffix(5))")
    try eventually("everything acts") { try Figures(shop).areSettled }
    #expect(try world.taken().contains { $0.event == late.id })
    #expect(shop.close() == 0)
    let books = try Books(shop.dataPath + "/zveno.sqlite")
    try books.checkFile()
    try books.checkFigures()
  }

  @Test(
    "what falls due before the release is as late as it is",
    arguments: [("2026-03-02T13:00:00Z", 1), ("2026-03-05T09:00:00Z", 0)])
  func late(clock: String, letters: Int) throws {
    let shop = try Shop()
    try shop.ann()
    try shop.template("hello", ["subject": "Hello", "text": "Hello"])
    try shop.publish(
      "hello",
      [
        "enter": ["event": "signup"], "late": ["skip_after": "1d"],
        "steps": [["wait": "1h"], ["send": "email", "template": "hello", "id": "hello"]],
      ])
    try shop.event("signup")
    try shop.settle()
    let file = shop.folder.path + "/backup.sqlite"
    #expect(try Self.backUp(shop, to: file).status == 0)
    try Self.restore(shop, from: file)
    try shop.open(clock: clock)
    try shop.settle()
    #expect(try shop.mail.letters().isEmpty)
    #expect(try shop.ask("GET", "/v1/hold")["due"] == ["runs": 1, "messages": 0, "total": 1])
    let released = try Self.release(shop)
    #expect(released.output.contains("1 runs, 0 messages"))
    try shop.advance("2h")
    #expect(try shop.mail.letters().count == letters)
  }

  @Test(
    "a message that was planned already passes `late`, too",
    arguments: [("2026-03-03T07:00:00Z", "sent"), ("2026-03-03T11:00:00Z", "skipped")])
  func plannedMessage(clock: String, status: String) throws {
    let shop = try Shop()
    try shop.ann()
    try shop.template("hello", ["subject": "Hello", "text": "Hello"])
    // Nine in Moscow is six in Greenwich.
    try shop.publish(
      "hello",
      [
        "enter": ["event": "signup"], "late": ["skip_after": "2h"], "hours": "09:00..20:00",
        "steps": [["send": "email", "template": "hello", "id": "hello"]],
      ])
    try shop.advance("9h")
    try shop.event("signup")
    try shop.settle()
    let file = shop.folder.path + "/backup.sqlite"
    #expect(try Self.backUp(shop, to: file).status == 0)
    try Self.restore(shop, from: file)
    try shop.open(clock: clock)
    #expect(try shop.ask("GET", "/v1/hold")["due"] == ["runs": 0, "messages": 1, "total": 1])
    #expect(try Self.release(shop).status == 0)
    try shop.settle()
    let message = try #require(try shop.messages().first)
    #expect(message["status"]?.string == status)
    if status == "skipped" { #expect(message["error"]?.string == "late") }
  }

  @Test("a copied folder is held, though its first start was refused; one that is restarted, crashed or moved is not")
  func copied() throws {
    let folder = try TemporaryFolder()
    let (original, copy, moved) = (folder.path + "/data", folder.path + "/copy", folder.path + "/moved")
    func hold(_ path: String, _ end: (Zveno) -> Void = { _ = $0.stop() }) throws -> JSONValue {
      let zveno = try Zveno(["--data", path])
      defer { end(zveno) }
      let headers = [("Authorization", "Bearer \(Zveno.adminKey)")]
      return try Call.make("GET", "/v1/hold", port: zveno.port, headers: headers).json
    }
    #expect(try hold(original) == ["held": false])
    #expect(try hold(original, { $0.killHard() }) == ["held": false])
    try FileManager.default.copyItem(atPath: original, toPath: copy)
    #expect(try hold(original) == ["held": false])
    try FileManager.default.moveItem(atPath: original, toPath: moved)
    #expect(try hold(moved) == ["held": false])
    let refused = ["serve", "--listen", "127.0.0.1:0", "--data", copy, "--test-clock", Shop.start]
    #expect(try Zveno.run(refused).status == 69)
    #expect(try hold(copy)["held"] == true)
    #expect(try hold(copy)["held"] == true, "until somebody releases it")
  }

  @Test("a file that is there is kept, and a refusal leaves none")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let zveno = try Zveno(["--data", folder.path + "/data"])
    let server = ["--url", "http://127.0.0.1:\(zveno.port)"]
    let file = folder.path + "/backup.sqlite"
    #expect(try Zveno.run(["backup", file, "--key", "zv_nobody"] + server).status == 1)
    #expect(!FileManager.default.fileExists(atPath: file))
    #expect(try Zveno.run(["backup", file] + server).status == 0)
    let kept = try Zveno.run(["backup", file] + server)
    #expect(kept.status == 1)
    #expect(kept.output.contains("--force"))
    #expect(try Zveno.run(["backup", file, "--force"] + server).status == 0)
    #expect(!FileManager.default.fileExists(atPath: file + ".part"))
    #expect(zveno.stop() == 0)
    #expect(try Zveno.run(["backup", file + "2"] + server).status == 69)
    #expect(!FileManager.default.fileExists(atPath: file + "2.part"))
    let occupied = try Zveno.run(["restore", file, "--data", folder.path + "/data"])
    #expect(occupied.status == 69)
    #expect(occupied.output.split(separator: "\n").count == 1, "\(occupied.output)")
  }
}
