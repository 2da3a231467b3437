import Glibc
import Synchronization
import Threads

@testable import HTTP

/// Threads that run what they are given.
///
/// `@unchecked Sendable`: the semaphore is made for several threads, the rest is in the mutex or constant.
final class Workers: @unchecked Sendable {
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var isStopped = false
  }

  private let state = Mutex(State())
  private let ready = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  private let threads = Mutex<[WorkerThread]>([])

  init(_ count: Int) {
    sem_init(ready, 0, 0)
    let threads = (0..<count).map { _ in WorkerThread(name: "test") { [self] in while runOne() {} } }
    self.threads.withLock { $0 = threads }
  }

  deinit {
    sem_destroy(ready)
    ready.deallocate()
  }

  func submit(_ job: @escaping @Sendable () -> Void) {
    state.withLock { $0.jobs.append(job) }
    sem_post(ready)
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    let threads = self.threads.withLock { $0 }
    for _ in threads { sem_post(ready) }
    for thread in threads { thread.join() }
  }

  private func runOne() -> Bool {
    while sem_wait(ready) != 0 {}
    let (job, isStopped) = state.withLock { state in
      (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopped)
    }
    job?()
    return job != nil || !isStopped
  }
}
