import Foundation
import HTTP
import Ingest
import Synchronization

/// Events accepted a second over real sockets: 64 keep-alive connections, one event a POST, a 202 after the commit.
struct HTTPBenchmark {
  let seconds: Double

  func run() throws {
    try Figure(name: "events accepted over HTTP, 64 connections, engine beside", unit: "events/s").measure {
      let world = try BenchWorld()
      defer { world.close() }
      let server = HTTPServer(host: "127.0.0.1", port: 0, limits: HTTPLimits()) { request, responder in
        world.intake.accept(request.body, .json) { result in
          switch result {
          case .success: responder(Response(status: 202, headers: [], body: Array("{}".utf8)))
          case .failure: responder(Response(status: 503, headers: [], body: []))
          }
        }
      }
      let port = try server.start()
      defer { server.stop(within: 1) }
      let accepted = Atomic<Int>(0)
      let threads = 2
      let group = DispatchGroup()
      let elapsed = timed {
        for _ in 0..<threads {
          group.enter()
          Thread {
            accepted.add(client(port, connections: 64 / threads), ordering: .relaxed)
            group.leave()
          }.start()
        }
        group.wait()
      }
      return (accepted.load(ordering: .relaxed), elapsed)
    }
  }

  /// Sends one request on each connection, then reads one answer off each, until time is up.
  private func client(_ port: UInt16, connections: Int) -> Int {
    let sockets = (0..<connections).compactMap { _ in ClientSocket(port: port) }
    defer { for socket in sockets { socket.close() } }
    let until = ContinuousClock.now + .seconds(seconds)
    var accepted = 0
    while ContinuousClock.now < until {
      for socket in sockets { socket.post(BenchWorld.body(contact: .random(in: 0..<100_000))) }
      for socket in sockets where socket.answerIsAccepted() { accepted += 1 }
    }
    return accepted
  }
}

/// A blocking connection to the server.
final class ClientSocket {
  private let descriptor: Int32

  init?(port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let failure = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if descriptor < 0 || failure != 0 { return nil }
  }

  func post(_ body: [UInt8]) {
    let head =
      "POST /v1/events HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
    let bytes = Array(head.utf8) + body
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  func answerIsAccepted() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 12 && buffer[9] == UInt8(ascii: "2")
  }

  func close() { Glibc.close(descriptor) }
}
