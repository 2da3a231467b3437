import Glibc

/// One thread for long work beside the server's own: jobs one after the other, a few may wait, and everybody else's work
/// comes first.
public final class BackgroundThread: @unchecked Sendable {
  // Unchecked: `thread` is written once by `init`, and joined by `stop`, which one owner calls; the rest is behind the
  // monitor.
  private typealias Job = @Sendable () -> Void

  private struct Queue {
    var jobs: [Job] = []
    var isStopping = false
  }

  private let queue = Monitor(Queue())
  private let mostWaiting: Int
  private var thread: WorkerThread?

  /// - Parameters:
  ///   - name: at most 15 bytes.
  ///   - mostWaiting: jobs beside the one at hand.
  public init(name: String, mostWaiting: Int) {
    self.mostWaiting = mostWaiting
    thread = WorkerThread(name: name) { [queue] in
      // Of this thread alone (setpriority(2), "C library/kernel differences").
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
      while let job = Self.next(queue) { job() }
    }
  }

  /// False: too many wait, or it has stopped.
  public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
    queue.update { queue in
      guard !queue.isStopping, queue.jobs.count < mostWaiting else { return false }
      queue.jobs.append(job)
      return true
    }
  }

  /// Long jobs ask for it, and end soon.
  public var isStopping: Bool { queue.withLock { $0.isStopping } }

  /// Ends once all jobs have; those that wait are begun, and see that they are to stop. Blocks.
  public func stop() {
    queue.update { $0.isStopping = true }
    thread?.join()
    thread = nil
  }

  private static func next(_ queue: Monitor<Queue>) -> Job? {
    queue.wait { queue -> Job?? in
      if !queue.jobs.isEmpty { return queue.jobs.removeFirst() }
      return queue.isStopping ? .some(nil) : nil
    }
  }
}
