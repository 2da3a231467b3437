import Glibc
import Synchronization

/// What other threads have for a loop: answers, and the wish to stop. One wake-up for all that gather until the loop looks.
final class Mailbox: Sendable {
  struct Letters {
    var answers: [Answer] = []
    /// Seconds the requests in flight have left.
    var stopWithin: Double?
    fileprivate var isAwake = false
    fileprivate var isClosed = false
  }

  private let letters = Mutex(Letters())
  private let poller: Poller

  init(poller: Poller) {
    self.poller = poller
  }

  func post(_ answer: Answer) {
    change { $0.answers.append(answer) }
  }

  func postStop(within seconds: Double) {
    change { $0.stopWithin = seconds }
  }

  private func change(_ body: (inout Letters) -> Void) {
    let mustWake = letters.withLock { letters in
      guard !letters.isClosed else { return false }
      body(&letters)
      defer { letters.isAwake = true }
      return !letters.isAwake
    }
    if mustWake { poller.wake() }
  }

  func take() -> Letters {
    letters.withLock { letters in
      defer { letters = Letters() }
      return letters
    }
  }

  /// Nothing is taken in any more.
  func close() {
    letters.withLock {
      $0 = Letters()
      $0.isClosed = true
    }
  }
}
