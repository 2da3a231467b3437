import Glibc
import Testing

@testable import HTTP

@Suite("gzip")
struct CompressionTests {
  private static let long = Response(
    status: 200, headers: [("Content-Type", "application/json; charset=utf-8")],
    body: Array(String(repeating: "{\"a\":1}\n", count: 500).utf8))

  private func applied(_ response: Response, _ accept: String?) -> Response {
    Compression.applied(to: response, for: Headers(accept.map { [("accept-encoding", $0)] } ?? []))
  }

  @Test(
    "an answer is compressed only for a client that takes it",
    arguments: [
      ("gzip", true), ("deflate, GZIP;q=0.5", true), ("*", true), ("x-gzip", true), (nil, false), ("", false),
      ("gzip;q=0", false), ("gzip; q=0.000", false), ("*;q=0", false), ("*, gzip;q=0", false), ("br", false),
      ("gzip;q=0.001", true),
    ] as [(String?, Bool)])
  func negotiation(_ accept: String?, _ isCompressed: Bool) throws {
    let response = applied(Self.long, accept)
    #expect(response.header("vary") == "Accept-Encoding")
    #expect((response.header("content-encoding") == "gzip") == isCompressed)
    if isCompressed {
      #expect(response.body.count < 200)
      #expect(try Gzip.inflated(response.body, atMost: 8_192, ratio: 100) == Self.long.body)
    }
  }

  @Test("what is small, or not text, or encoded already, stays as it is")
  func untouched() {
    let small = Response(status: 200, headers: Self.long.headers, body: Array("{}".utf8))
    #expect(applied(small, "gzip").headers.count == 1)
    let image = Response(status: 200, headers: [("Content-Type", "image/gif")], body: Self.long.body)
    #expect(applied(image, "gzip").headers.count == 1)
    let encoded = Response(status: 200, headers: Self.long.headers + [("Content-Encoding", "br")], body: Self.long.body)
    #expect(applied(encoded, "gzip").body == Self.long.body)
  }

  @Test("members behind one another are one body")
  func members() throws {
    let one = try #require(Gzip.deflated(Array("hello ".utf8)))
    let other = try #require(Gzip.deflated(Array("world".utf8)))
    #expect(try Gzip.inflated(one + other, atMost: 100, ratio: 100) == Array("hello world".utf8))
  }

  @Test("a body of a hundred thousand empty members costs what its bytes cost")
  func manyMembers() throws {
    let empty = try #require(Gzip.deflated([]))
    let bytes = Array(repeatElement(empty, count: 100_000).joined())
    #expect(bytes.count > 1_900_000)
    var (before, after) = (timespec(), timespec())
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
    #expect(try Gzip.inflated(bytes, atMost: 8_192, ratio: 100) == [])
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
    let milliseconds = (after.tv_sec - before.tv_sec) * 1_000 + (after.tv_nsec - before.tv_nsec) / 1_000_000
    #expect(milliseconds < 400, "\(milliseconds) ms")
  }

  @Test("what does not get smaller goes out as it is, and caches are told that it depends on the client")
  func incompressible() {
    var state: UInt64 = 1
    let noise = (0..<4_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    let response = Response(status: 200, headers: Self.long.headers + [("Vary", "Origin")], body: noise)
    let answer = applied(response, "gzip")
    #expect(answer.body == noise && answer.header("Content-Encoding") == nil)
    #expect(answer.headers.filter { $0.name == "Vary" }.map(\.value) == ["Origin", "Accept-Encoding"])
  }

  @Test("a body that grows past the limit or the ratio is refused while it grows")
  func bombs() throws {
    let zeros = try #require(Gzip.deflated([UInt8](repeating: 0, count: 10_000_000)))
    #expect(throws: Gzip.Refusal.tooLarge) { try Gzip.inflated(zeros, atMost: 1_000_000, ratio: 100_000) }
    #expect(throws: Gzip.Refusal.tooLarge) { try Gzip.inflated(zeros, atMost: 100_000_000, ratio: 100) }
    #expect(try Gzip.inflated(zeros, atMost: 10_000_000, ratio: 10_000).count == 10_000_000)
    #expect(throws: Gzip.Refusal.tooLarge) { try Gzip.inflated(zeros, atMost: 9_999_999, ratio: 10_000) }
  }

  @Test("a body cut short, with a bad checksum, or no gzip at all is refused")
  func broken() throws {
    let whole = try #require(Gzip.deflated(Array(String(repeating: "hello", count: 100).utf8)))
    for length in 0..<whole.count {
      #expect(throws: Gzip.Refusal.notGzip) { try Gzip.inflated(Array(whole[..<length]), atMost: 10_000, ratio: 100) }
    }
    var changed = whole
    changed[whole.count - 6] ^= 1
    #expect(throws: Gzip.Refusal.notGzip) { try Gzip.inflated(changed, atMost: 10_000, ratio: 100) }
    #expect(throws: Gzip.Refusal.notGzip) { try Gzip.inflated(whole + [1, 2, 3], atMost: 10_000, ratio: 100) }
    #expect(throws: Gzip.Refusal.notGzip) { try Gzip.inflated(Array("{}".utf8), atMost: 10_000, ratio: 100) }
  }
}
