import Foundation
import HTTP
import Ingest
import Synchronization

/// A shop's backend: single events over keep-alive connections to a real socket, each answered after its commit.
struct HTTPLoad {
  let world: BenchWorld
  let connections: Int
  /// Events are about one of so many.
  let contacts: Int

  struct Result {
    let seconds: Double
    /// Of every accepted event, in milliseconds.
    let latencies: [Double]

    /// Accepted events a second.
    var rate: Double { Double(latencies.count) / seconds }
  }

  struct Refused: Error { let count: Int }

  /// - Parameter goesOn: asked after each round; by default only the time ends it.
  func run(seconds: Double, while goesOn: @escaping @Sendable () -> Bool = { true }) throws -> Result {
    let world = world
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
    let latencies = Mutex<[Double]>([])
    let refused = Mutex(0)
    let threads = 2
    let group = DispatchGroup()
    let elapsed = timed {
      for _ in 0..<threads {
        group.enter()
        Thread {
          let measured = post(to: port, connections: connections / threads, seconds: seconds, while: goesOn)
          latencies.withLock { $0 += measured.latencies }
          refused.withLock { $0 += measured.refused }
          group.leave()
        }.start()
      }
      group.wait()
    }
    let count = refused.withLock { $0 }
    guard count == 0 else { throw Refused(count: count) }
    return Result(seconds: elapsed, latencies: latencies.withLock { $0 })
  }

  /// Sends one request on each connection, then reads one answer off each, until time is up.
  private func post(
    to port: UInt16, connections: Int, seconds: Double, while goesOn: () -> Bool
  ) -> (latencies: [Double], refused: Int) {
    let sockets = (0..<connections).compactMap { _ in ClientSocket(port: port) }
    defer { for socket in sockets { socket.close() } }
    let until = ContinuousClock.now + .seconds(seconds)
    var latencies: [Double] = []
    var refused = connections - sockets.count
    var sent = Array(repeating: ContinuousClock.now, count: sockets.count)
    while ContinuousClock.now < until, goesOn() {
      for (index, socket) in sockets.enumerated() {
        sent[index] = .now
        socket.post(BenchWorld.body(contact: .random(in: 0..<contacts)))
      }
      for (index, socket) in sockets.enumerated() {
        guard socket.answerIsAccepted() else {
          refused += 1
          continue
        }
        latencies.append((ContinuousClock.now - sent[index]).milliseconds)
      }
    }
    return (latencies, refused)
  }

  static func percentiles(_ latencies: [Double]) -> String {
    let sorted = latencies.sorted()
    guard let most = sorted.last else { return "nothing was accepted" }
    func at(_ share: Double) -> String { String(format: "%.1f", sorted[Int(Double(sorted.count - 1) * share)]) }
    return "p50 \(at(0.5)) ms, p99 \(at(0.99)) ms, p99.9 \(at(0.999)) ms, most \(String(format: "%.0f", most)) ms"
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

  /// Whether somebody listens within five seconds.
  static func isTaken(on port: UInt16) -> Bool {
    for _ in 0..<500 {
      if let socket = ClientSocket(port: port) {
        socket.close()
        return true
      }
      usleep(10_000)
    }
    return false
  }

  func post(_ body: [UInt8]) {
    let head =
      "POST /v1/events HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
    write(Array(head.utf8) + body)
  }

  func write(_ bytes: [UInt8]) { _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// - Returns: how many bytes came; 0: no more will.
  func read(into buffer: inout [UInt8]) -> Int { max(0, recv(descriptor, &buffer, buffer.count, 0)) }

  func answerIsAccepted() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = read(into: &buffer)
    return count > 12 && buffer[9] == UInt8(ascii: "2")
  }

  func close() { Glibc.close(descriptor) }
}
