import Dispatch
import Foundation
import JSON
import Synchronization

/// Two clients that post events until the server is gone, and remember what it acknowledged.
final class Senders: Sendable {
  private let acknowledged = Mutex<Set<String>>([])
  private let group = DispatchGroup()

  init(port: Int, round: Int) {
    for sender in 0..<2 {
      group.enter()
      Thread { [self] in
        send(port: port, prefix: "\(round)-\(sender)")
        group.leave()
      }.start()
    }
  }

  func end() -> Set<String> {
    _ = group.wait(timeout: .now() + 60)
    return acknowledged.withLock { $0 }
  }

  private func send(port: Int, prefix: String) {
    for number in 0..<100_000 {
      let name = "\(prefix)-\(number)"
      let event: JSONValue = [
        "id": .string(name), "type": "signup", "contact": ["email": .string("c\(name)@example.com")],
        "properties": ["n": .string(name)],
      ]
      let answer = try? Call.make(
        "POST", "/v1/events", port: port,
        headers: [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json")],
        body: event.serialized())
      guard let answer else { return }
      if answer.status == 202 { _ = acknowledged.withLock { $0.insert(name) } }
    }
  }
}
