import Dispatch
import Foundation
import Synchronization

/// Clients that all send a body of about the size that is allowed, at once.
final class HeavyLoad: Sendable {
  static let type = "page"
  private static let lines = 130
  private let port: Int
  private let clients: Int
  private let callsEach: Int
  private let statuses = Mutex<[Int]>([])
  private let body: [UInt8]

  init(port: Int, clients: Int, callsEach: Int) {
    (self.port, self.clients, self.callsEach) = (port, clients, callsEach)
    let text = String(repeating: "x", count: 60_000)
    let line = "{\"type\":\"\(Self.type)\",\"contact\":{\"id\":\"ann\"},\"properties\":{\"text\":\"\(text)\"}}\n"
    body = Array(String(repeating: line, count: Self.lines).utf8)
  }

  /// The answers; 0 where there was none.
  func run() -> [Int] {
    let group = DispatchGroup()
    for _ in 0..<clients {
      group.enter()
      Thread { [self] in
        for _ in 0..<callsEach { send() }
        group.leave()
      }.start()
    }
    group.wait()
    return statuses.withLock { $0.sorted() }
  }

  /// One call more. 0 where there was no answer.
  @discardableResult
  func send() -> Int {
    let answer = try? Call.make(
      "POST", "/v1/events", port: port,
      headers: [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/x-ndjson")], body: body)
    statuses.withLock { $0.append(answer?.status ?? 0) }
    return answer?.status ?? 0
  }

  /// Events that were acknowledged.
  var accepted: Int { statuses.withLock { $0.count { $0 == 202 } } * Self.lines }
}
