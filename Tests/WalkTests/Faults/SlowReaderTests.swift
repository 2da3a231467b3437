import Foundation
import JSON
import Testing

/// The write-ahead log while somebody reads and does not come to an end.
@Suite("The log under a long reader", .onItsOwnThread)
struct SlowReaderTests {
  /// As docs/operating.md has it: beyond it the log grows no longer, whoever of the server's own reads.
  private static let bound = 84_000_000
  private static let contacts = 10_000

  private let shop: Shop
  private let load: HeavyLoad

  init() throws {
    shop = try Shop(clock: nil)
    load = HeavyLoad(port: try #require(shop.zveno).port, clients: 1, callsEach: 0)
  }

  /// The log's bytes after each call of so many, each of which it grows by: all of them are accepted.
  private func post(_ calls: Int) throws -> [Int] {
    try (0..<calls).map { call in
      #expect(load.send() == 202, "call \(call)")
      return Int(try #require(try Figures(shop)["zveno_wal_bytes"]))
    }
  }

  @Test("clients that stop in the middle of an export and of a backup hold nothing: it stays under its bound")
  func export() throws {
    let lines = (0..<Self.contacts).map { number in
      "{\"type\":\"page\",\"contact\":{\"id\":\"\(number)\",\"email\":\"somebody.\(number)@shop.example\"}}\n"
    }
    let headers = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/x-ndjson")]
    let port = try #require(shop.zveno).port
    let answer = try Call.make(
      "POST", "/v1/events", port: port, headers: headers, body: Array(lines.joined().utf8))
    #expect(answer.status == 202)
    try eventually("everybody is known") { try Figures(shop)["zveno_engine_unread_events"] == 0 }
    let readers = Crowd(port: port)
    for call in ["GET /v1/contacts/export", "POST /v1/backup"] {
      try readers.grow(1, receiving: 4_096)
      let socket = try #require(readers.sockets.last)
      readers.say(
        "\(call) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(Zveno.adminKey)\r\nContent-Length: 0\r\n\r\n", socket)
      let beginning = readers.hear(socket)
      #expect(beginning.hasPrefix("HTTP/1.1 200"), "\(call): \(beginning.prefix(200))")
    }
    // Twice as much as the bound, and no call is turned away.
    let sizes = try post(22)
    #expect(sizes.allSatisfy { $0 < Self.bound }, "\(sizes)")
    readers.leave()
    #expect(shop.close() == 0)
  }

  @Test("another program's transaction makes it grow, the figure says so, and events come in; then it begins anew")
  func foreign() throws {
    let reader = try ForeignLock(shop.dataPath + "/zveno.sqlite", "BEGIN; SELECT count(*) FROM events")
    let sizes = try post(12)
    #expect(sizes.last ?? 0 > Self.bound, "\(sizes)")
    try reader.release()
    try eventually("the log is short again") { try post(1).allSatisfy { $0 < Self.bound } }
    #expect(shop.close() == 0)
  }
}
