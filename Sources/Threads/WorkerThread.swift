// Threads holds what blocking needs: a thread of its own, a value behind a lock with a condition to wait for, and a clock
// that never steps. The storage, the sockets and the channels' connections block; the cooperative pool has as many threads
// as cores and none to spare for them. It knows neither of these.

import Glibc

/// A thread of the system's, for calls that block: the cooperative pool has no threads to spare for them.
public final class WorkerThread: @unchecked Sendable {
  // Unchecked: the handle is written once, before anybody else sees the object, and joined once by its owner.
  private var thread = pthread_t()

  /// - Parameter name: at most 15 bytes, shown by `top -H`.
  public init(name: String, _ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(Body(name: name, run: body)).toOpaque()
    let failure = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        WorkerThread.rename(body.name)
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

  private final class Body {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }
}
