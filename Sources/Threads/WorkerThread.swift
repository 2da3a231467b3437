// Threads holds what blocking needs: a thread of its own, a value behind a lock with a condition to wait for, and a clock
// that never steps. The storage, the sockets and the channels' connections block; the cooperative pool has as many threads
// as cores and none to spare for them. It knows neither of these.

import Glibc

/// A thread of the system's, for calls that block: the cooperative pool has no threads to spare for them.
public final class WorkerThread: @unchecked Sendable {
  // Unchecked: the handle is written once, before anybody else sees the object, and joined once by its owner.
  private var thread = pthread_t()

  /// - Parameters:
  ///   - name: at most 15 bytes, shown by `top -H`.
  ///   - isBatch: bulk work that nobody waits for: when it has something to do again it does not take the processor from
  ///     who is at work (SCHED_BATCH, sched(7)).
  public init(name: String, isBatch: Bool = false, _ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(Body(name: name, isBatch: isBatch, run: body)).toOpaque()
    let failure = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        WorkerThread.rename(body.name)
        if body.isBatch { WorkerThread.becomeBatch() }
        body.run()
        return nil
      }, context)
    guard failure == 0 else {
      fatalError("expected a new thread \(name), got error \(failure): raise the limit of threads")
    }
  }

  /// Blocks until the body has returned. Once.
  public func join() { pthread_join(thread, nil) }

  private static func rename(_ name: String) {
    guard let file = fopen("/proc/thread-self/comm", "w") else { return }
    fputs(name, file)
    fclose(file)
  }

  /// Of this thread alone. A kernel that does not know it leaves the thread as it is.
  private static func becomeBatch() {
    var parameters = sched_param()
    sched_setscheduler(0, batchPolicy, &parameters)
  }

  /// SCHED_BATCH of linux/sched.h, which the Glibc module leaves out.
  private static let batchPolicy: Int32 = 3

  private final class Body {
    let name: String
    let isBatch: Bool
    let run: @Sendable () -> Void

    init(name: String, isBatch: Bool, run: @escaping @Sendable () -> Void) {
      (self.name, self.isBatch, self.run) = (name, isBatch, run)
    }
  }
}
