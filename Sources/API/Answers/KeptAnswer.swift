import HTTP
import Synchronization

/// An answer that was made inside a round and waits for its commit.
final class KeptAnswer: Sendable {
  private let response = Mutex<Response?>(nil)

  /// A job may run twice before its commit: the last answer counts.
  func keep(_ response: Response) { self.response.withLock { $0 = response } }

  func take() -> Response? { response.withLock { $0 } }
}
