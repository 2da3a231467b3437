import Foundation
import Testing

@testable import HTTP

@Suite("Bodies in files") struct SpoolingTests {
  private let folder = FileManager.default.temporaryDirectory.path

  private func limits(room: Int = 1 << 30) -> HTTPLimits {
    var limits = HTTPLimits()
    limits.bodyBytes = 1_000
    limits.spooling = Spooling(folder: folder, room: { room }) { method, path, headers in
      method == "POST" && path == "/import" && headers["Authorization"] == "me"
    }
    return limits
  }

  private func parse(_ head: String, _ body: [UInt8], _ limits: HTTPLimits, pieces: Int) -> RequestParser.Outcome {
    var parser = RequestParser(limits: limits)
    var rest = (Array(head.replacing("\n", with: "\r\n").utf8) + body)[...]
    while !rest.isEmpty {
      parser.append(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
      switch parser.next() {
      case .needMore: continue
      case .request(let request): return .request(request)
      case .failure(let failure): return .failure(failure)
      }
    }
    return .needMore
  }

  private func whole(_ request: ParsedRequest) throws -> [UInt8] {
    var reader = try BodyReader(
      Request(method: "POST", path: "/import", headers: request.head.headers, body: request.body, file: request.file))
    var bytes: [UInt8] = []
    while let piece = try reader.next() {
      #expect(piece.count <= 65_536)
      bytes += piece
    }
    return bytes
  }

  @Test("whoever may sends a body of any size, in any framing and coding", arguments: [997, 70_000])
  func anySize(pieces: Int) throws {
    var state: UInt32 = 1
    let body = (0..<300_000).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    let zipped = try #require(Gzip.deflated(body))
    let chunked = Array("10\r\n".utf8) + body[..<16] + Array("\r\n\(String(body.count - 16, radix: 16))\r\n".utf8)
    let messages: [(String, [UInt8])] = [
      ("Content-Length: \(body.count)", body), ("Content-Encoding: gzip\nContent-Length: \(zipped.count)", zipped),
      ("Transfer-Encoding: chunked", chunked + body[16...] + Array("\r\n0\r\n\r\n".utf8)),
    ]
    for (fields, bytes) in messages {
      let head = "POST /import HTTP/1.1\nHost: a\nAuthorization: me\n\(fields)\n\n"
      guard case .request(let request) = parse(head, bytes, limits(), pieces: pieces) else {
        Issue.record("\(fields) was not taken")
        continue
      }
      #expect(request.body.isEmpty)
      #expect(try whole(request) == body)
    }
  }

  @Test("for everybody else, and beyond the disk's room, it is too large")
  func refused() {
    let body = [UInt8](repeating: 7, count: 2_000)
    for (who, room) in [("you", 1 << 30), ("me", 1_999)] {
      let head = "POST /import HTTP/1.1\nHost: a\nAuthorization: \(who)\nContent-Length: 2000\n\n"
      guard case .failure(let failure) = parse(head, body, limits(room: room), pieces: 100) else {
        Issue.record("\(who) was not refused")
        continue
      }
      #expect(failure.status == 413)
    }
  }

  @Test("gzip that is cut off or grows without end is refused, not read on")
  func badGzip() throws {
    let whole = try #require(Gzip.deflated([UInt8](repeating: 0, count: 50_000_000)))
    for (bytes, status) in [(Array(whole.prefix(whole.count / 2)), 413), (Array("no gzip".utf8), 400)] {
      let file = try SpoolFile(in: folder)
      try file.append(bytes)
      var reader = try BodyReader(
        Request(method: "POST", path: "/", headers: Headers([("Content-Encoding", "gzip")]), file: file.finish()))
      let failure = #expect(throws: BodyReader.Failure.self) { while try reader.next() != nil {} }
      #expect(failure?.status == status)
    }
  }
}
