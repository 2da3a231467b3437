import Foundation
import Testing

/// Runs the tests of a suite, one at a time, on a thread of their own: they mostly wait, and the pool whose threads
/// they would hold has as many as there are cores.
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
    let thread = Thread { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    thread.stackSize = 8 << 20
    thread.start()
  }
}
