import Dispatch
import Foundation
import Synchronization

/// One client more, who scrapes `/metrics` until the server is gone or he is told to end.
final class BooksWatch: Sendable {
  struct Notes {
    var scrapes = 0
    /// Scrapes at which something was pending.
    var busy = 0
    var faults: [String] = []

    static func += (a: inout Notes, b: Notes) {
      a = Notes(scrapes: a.scrapes + b.scrapes, busy: a.busy + b.busy, faults: a.faults + b.faults)
    }
  }

  private let notes = Mutex(Notes())
  private let group = DispatchGroup()
  private let over = DispatchSemaphore(value: 0)

  init(port: Int) {
    group.enter()
    Thread { [self] in
      repeat {
        guard
          let answer = try? Call.make(
            "GET", "/metrics", port: port, headers: [("Authorization", "Bearer \(Zveno.adminKey)")])
        else { break }
        let books = ScrapedBooks(answer.text)
        notes.withLock {
          if books.isWhole { $0.scrapes += 1 }
          if books.pending.values.contains(where: { $0 > 0 }) { $0.busy += 1 }
          $0.faults += answer.status == 200 ? books.faults : ["\(answer.status) \(answer.text)"]
        }
      } while over.wait(timeout: .now() + .milliseconds(20)) == .timedOut
      group.leave()
    }.start()
  }

  func end() -> Notes {
    over.signal()
    group.wait()
    return notes.withLock { $0 }
  }
}
