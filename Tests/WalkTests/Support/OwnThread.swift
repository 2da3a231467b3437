import Foundation
import Glibc
import Testing

/// Runs each test of a suite on a thread of its own: they mostly wait, and the pool whose threads they would hold has as
/// many as there are cores.
struct OwnThread: SuiteTrait, TestTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(ThreadPerJob()) { try await function() }
  }
}

extension Trait where Self == OwnThread {
  static var onItsOwnThread: OwnThread { OwnThread() }
}

private final class ThreadPerJob: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let thread = Thread { [self] in
      // Processes inherit what the thread that starts them blocks, and the pool's threads block nearly every signal.
      var none = sigset_t()
      sigemptyset(&none)
      pthread_sigmask(SIG_SETMASK, &none, nil)
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
}
