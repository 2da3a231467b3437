import Foundation
import Ingest
import Synchronization

/// Events accepted a second inside the process: parsed, deduplicated, appended and committed, engine beside them.
struct IntakeBenchmark {
  let seconds: Double

  func run() throws {
    try singles()
    try batches()
  }

  /// As many callers at once as a busy shop has connections, one event a call.
  private func singles() throws {
    try Figure(name: "events accepted, 64 callers, one event a call", unit: "events/s").measure {
      let world = try BenchWorld()
      defer { world.close() }
      let accepted = Atomic<Int>(0)
      let callers = 64
      let until = ContinuousClock.now + .seconds(seconds)
      let group = DispatchGroup()
      let elapsed = timed {
        for caller in 0..<callers {
          post(world, caller, until, accepted: { accepted.add(1, ordering: .relaxed) }, group)
        }
        group.wait()
      }
      return (accepted.load(ordering: .relaxed), elapsed)
    }
  }

  /// Each answer brings the next call, until time is up.
  private func post(
    _ world: BenchWorld, _ caller: Int, _ until: ContinuousClock.Instant, accepted: @escaping @Sendable () -> Void,
    _ group: DispatchGroup
  ) {
    group.enter()
    @Sendable func next() {
      guard ContinuousClock.now < until else { return group.leave() }
      world.intake.accept(BenchWorld.body(contact: .random(in: 0..<100_000)), .json) { result in
        if case .success(let answer) = result, answer.accepted == 1 { accepted() }
        next()
      }
    }
    next()
  }

  private func batches() throws {
    try Figure(name: "events accepted, NDJSON batches of 1,000", unit: "events/s").measure {
      let world = try BenchWorld()
      defer { world.close() }
      let bodies = (0..<20).map { _ in BenchWorld.batch(contacts: 100_000) }
      let elapsed = try timed {
        for body in bodies {
          let done = DispatchSemaphore(value: 0)
          let failure = Mutex<(any Error)?>(nil)
          world.intake.accept(body, .lines) { result in
            if case .failure(let error) = result { failure.withLock { $0 = error } }
            done.signal()
          }
          done.wait()
          if let failure = failure.withLock({ $0 }) { throw failure }
        }
      }
      return (bodies.count * 1000, elapsed)
    }
  }
}
