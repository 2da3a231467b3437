import Foundation
import Glibc
import JSON
import Testing

/// Clients that mean harm, or do as if, against the real server: it uses no more than it may, and others are served.
@Suite("Malice", .onItsOwnThread, .serialized)
struct MaliceWalkTests {
  private static let health = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
  private let folder: TemporaryFolder
  private let zveno: Zveno

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(#"{"limits": {"connections": 12000}}"#, to: "zveno.json")
    zveno = try Zveno(["--data", folder.path + "/data", "--config", folder.path + "/zveno.json"])
  }

  private var footprint: Footprint { Footprint(id: zveno.id) }

  private func post(_ body: [UInt8], _ headers: [(String, String)] = []) throws -> Answer {
    let own = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json")]
    return try Call.make("POST", "/v1/events", port: zveno.port, headers: own + headers, body: body)
  }

  private func event(_ number: Int) throws -> Int {
    try post(Array(#"{"id":"e-\#(number)","type":"view","contact":{"id":"ann"}}"#.utf8)).status
  }

  @Test("ten thousand idle connections cost a few kilobytes each, and events are taken beside them")
  func idle() throws {
    #expect(try event(0) == 202)
    let before = footprint.megabytes
    let clients = try IdleClients(port: zveno.port, upTo: 10_000, asking: "/healthz")
    for number in 1...50 { #expect(try event(number) == 202) }
    let each = (footprint.megabytes - before) * 1_024 / Double(clients.count)
    print("\(clients.count) idle connections: \((each * 10).rounded() / 10) KB each")
    #expect(each < 6)
    // They are there still.
    #expect(try clients.ask()?.hasPrefix("HTTP/1.1 200") == true)
    clients.leave()
    #expect(try event(51) == 202)
    #expect(zveno.stop() == 0)
  }

  @Test("gzip bombs are refused and cost no more than honest bodies; depth and nonsense are too")
  func bombs() throws {
    let path = folder.path + "/bomb"
    try Command.run(["sh", "-c", "head -c 300000000 /dev/zero | gzip -9 > \(path)"])
    let bomb = [UInt8](try Data(contentsOf: URL(filePath: path)))
    #expect(try event(0) == 202)
    let before = footprint.mostMegabytes
    for _ in 0..<30 { #expect(try post(bomb, [("Content-Encoding", "gzip")]).status == 413) }
    for _ in 0..<30 {
      #expect(try post([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)).status == 400)
      #expect(try post(Array(String(repeating: #"{"a":"#, count: 10_000).utf8)).status == 400)
    }
    #expect(footprint.mostMegabytes - before < 60)
    #expect(try event(1) == 202)
    #expect(zveno.stop() == 0)
  }

  @Test("clients that ask for much and never read hold little, and others are served")
  func neverReading() throws {
    let ask = "GET /v1/openapi.json HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(Zveno.adminKey)\r\n\r\n"
    #expect(try event(0) == 202)
    let before = footprint.mostMegabytes
    let crowd = Crowd(port: zveno.port)
    try crowd.grow(100, saying: String(repeating: ask, count: 1_000))
    for number in 1...50 { #expect(try event(number) == 202) }
    #expect(footprint.mostMegabytes - before < 150)
    crowd.leave()
    #expect(zveno.stop() == 0)
  }

  @Test("without descriptors it goes on with the connections it has, does not spin, and takes new ones when it can")
  func noDescriptors() throws {
    let friend = Crowd(port: zveno.port)
    try friend.grow(1, saying: Self.health, hears: true)
    let socket = try #require(friend.sockets.first)
    try Command.run(["prlimit", "--pid", "\(zveno.id)", "--nofile=\(footprint.openFiles + 10):"])
    let crowd = Crowd(port: zveno.port)
    try crowd.grow(100, saying: Self.health)
    let (start, cpu) = (Date(), footprint.cpuSeconds)
    var calls = 0
    try eventually("two seconds pass") {
      friend.say(Self.health, socket)
      if friend.hear(socket).hasPrefix("HTTP/1.1 200") { calls += 1 }
      return Date().timeIntervalSince(start) > 2
    }
    #expect(calls > 20)
    #expect(footprint.cpuSeconds - cpu < 1)
    crowd.leave()
    try eventually("new connections are taken") { try event(1) == 202 }
    #expect(zveno.stop() == 0)
  }

  private static let bodies = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/http_cases/json_bodies.jsonl").standardizedFileURL

  @Test(
    "of the public JSON bodies the bad ones are told where, the good ones what they lack, none ends in a 500",
    .enabled(if: FileManager.default.fileExists(atPath: bodies.path), "the public cases are not beside this checkout"))
  func publicBodies() throws {
    for line in try Data(contentsOf: Self.bodies).split(separator: UInt8(ascii: "\n")) {
      let fields = try JSONValue(parsing: Array(line))
      let name = try #require(fields["name"]?.string)
      let body = try #require(fields["input_b64"]?.string.flatMap { Data(base64Encoded: $0) })
      let answer = try post([UInt8](body))
      #expect((400..<500).contains(answer.status), "\(name): \(answer.status) \(answer.text)")
      #expect(answer.header("content-type") == "application/problem+json", "\(name)")
      if name.hasPrefix("n_") { #expect(answer.status == 400, "\(name): \(answer.text)") }
    }
    #expect(try event(1) == 202)
    #expect(zveno.stop() == 0)
  }
}
