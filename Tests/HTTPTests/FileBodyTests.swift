import Dispatch
import Foundation
import Glibc
import HTTP
import Testing

@Suite("A file as an answer")
struct FileBodyTests {
  /// A file without a name, and what is in it; larger than what sockets keep.
  private static func file(_ size: Int) -> (descriptor: Int32, bytes: [UInt8]) {
    var template = Array((NSTemporaryDirectory() + "zveno-http-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    unlink(template)
    var bytes: [UInt8] = []
    let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    while bytes.count < size { bytes += block.prefix(size - bytes.count) }
    var written = 0
    while written < size {
      written += bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), size - written) }
    }
    return (descriptor, bytes)
  }

  private final class Closing: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func note() { semaphore.signal() }
    func came() -> Bool { semaphore.wait(timeout: .now() + 10) == .success }
  }

  private func server(
    _ limits: HTTPLimits = HTTPLimits(), _ file: (descriptor: Int32, bytes: [UInt8]), _ closing: Closing = Closing()
  ) throws -> TestServer {
    try TestServer(limits) { request, respond in
      guard request.path == "/file" else { return TestServer.echo(request, respond) }
      respond(
        Response(
          status: 200, headers: [("Content-Type", "application/octet-stream")],
          file: FileBody(descriptor: dup(file.descriptor)) { closing.note() }))
    }
  }

  private let request = "GET /file HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"

  @Test("is sent whole and as it is, with its length, and the connection ends behind it")
  func whole() throws {
    let file = Self.file(2_000_001)
    let closing = Closing()
    let server = try server(HTTPLimits(), file, closing)
    let client = try server.client()
    client.send(request + get)
    let answers = client.answers()
    #expect(answers.count == 1, "what was pipelined behind it is not answered")
    #expect(answers.first?.fields["content-length"] == "2000001")
    #expect(answers.first?.fields["connection"] == "close")
    #expect(answers.first?.fields["content-encoding"] == nil)
    #expect(answers.first?.body == file.bytes)
    #expect(closing.came())
  }

  @Test("has its length alone in the answer to HEAD", arguments: [0, 100_000])
  func head(size: Int) throws {
    let closing = Closing()
    let server = try server(HTTPLimits(), Self.file(size), closing)
    let client = try server.client()
    client.send(request.replacingOccurrences(of: "GET", with: "HEAD"))
    #expect(client.answer(toHead: true)?.fields["content-length"] == String(size))
    client.send(get)
    #expect(client.answer()?.text == "GET / ", "nothing of the file is in the way")
    #expect(closing.came())
  }

  @Test("may be empty")
  func empty() throws {
    let server = try server(HTTPLimits(), Self.file(0))
    let client = try server.client()
    client.send(request)
    #expect(client.answer()?.body == [])
    try server.expectAlive()
  }

  @Test("waits for a client that does not read, while others are served, and is closed when the time is over")
  func slow() throws {
    var limits = HTTPLimits()
    limits.writeSeconds = 0.3
    let closing = Closing()
    let server = try server(limits, Self.file(20_000_000), closing)
    let slow = try server.client(receiveBuffer: 4_096)
    slow.send(request)
    try server.expectAlive()
    #expect(closing.came())
    #expect(server.server.metrics.timeouts == 1)
    try server.expectAlive()
  }

  @Test("is closed when the client goes in its middle")
  func gone() throws {
    let closing = Closing()
    let server = try server(HTTPLimits(), Self.file(20_000_000), closing)
    do {
      let client = try server.client(receiveBuffer: 4_096)
      client.send(request)
      #expect(client.someBytes() > 0)
    }
    #expect(closing.came())
    try server.expectAlive()
  }

  @Test("that has become shorter cuts the connection: the client sees that it is not whole")
  func shrunk() throws {
    let file = Self.file(20_000_000)
    let server = try server(HTTPLimits(), file)
    let client = try server.client(receiveBuffer: 4_096)
    client.send(request)
    #expect(client.someBytes() > 0)
    ftruncate(file.descriptor, 1_000_000)
    #expect(client.rest()?.count ?? 0 < 20_000_000)
    try server.expectAlive()
  }
}
