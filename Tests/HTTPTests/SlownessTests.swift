import Glibc
import Testing

@testable import HTTP

/// Clients that go on, but hardly.
@Suite("Slow clients")
struct SlownessTests {
  private let clock = ManualClock()

  /// Sends byte after byte, a second for each, until the server has had enough; returns its answer.
  private func drip(_ start: String, _ byte: String, seconds: Int, _ server: TestServer) throws -> Client.Answer? {
    let client = try server.client()
    client.send(start)
    var received = start.utf8.count
    wait(for: server) { $0.bytesReceived >= received }
    for _ in 0..<seconds - 1 {
      clock.pass(1)
      client.send(byte)
      received += byte.utf8.count
      wait(for: server) { $0.bytesReceived >= received }
    }
    #expect(server.server.metrics.timeouts == 0)
    clock.pass(2)
    // Whoever comes then wakes the server; the slow one has had his time.
    try server.expectAlive()
    return client.answer()
  }

  private func wait(for server: TestServer, _ holds: (HTTPMetrics) -> Bool) {
    while !holds(server.server.metrics) { sched_yield() }
  }

  @Test("a head that comes byte by byte is a 408 when its time is over, however lively it drips")
  func head() throws {
    let server = try TestServer(clock: clock.clock)
    #expect(try drip("GET / HTTP/1.1\r\nX: ", "x", seconds: 10, server)?.status == 408)
    #expect(try TestServer(clock: clock.clock).answers(to: get).map(\.status) == [200])
  }

  @Test("so is a body, in one length or in chunks")
  func body() throws {
    let server = try TestServer(clock: clock.clock)
    #expect(
      try drip("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n", "x", seconds: 30, server)?.status == 408)
    let other = try TestServer(clock: clock.clock)
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(try drip(chunked, "1\r\nx\r\n", seconds: 30, other)?.status == 408)
  }

  @Test(
    "a client that takes its answer too slowly is cut, whether it stops or drips",
    arguments: [(499, 1, true), (500, 1, false), (40_000, 29, false), (9_000_000, 31, true)])
  func reading(_ bytes: Int, _ every: Int64, _ isCut: Bool) throws {
    let limits = HTTPLimits()
    let id = ConnectionID(slot: 0, generation: 1)
    let connection = Connection(id: id, descriptor: -1, remoteAddress: "", limits: limits, now: 0)
    let answer = Response(status: 200, body: [UInt8](repeating: 65, count: 1_000))
    connection.settle(connection.expectAnswer(.init()), answer, date: [])
    #expect(connection.interest(limits, now: 0)?.writes == true)
    var isTooSlow = false
    for second in 1...300 as ClosedRange<Int64> {
      if second % every == 0 { connection.noteSent(bytes, second * 1_000) }
      isTooSlow = isTooSlow || connection.takesTooLittle(limits, now: second * 1_000)
      if second < 30 { #expect(!isTooSlow) }
    }
    #expect(isTooSlow == isCut)
  }
}
