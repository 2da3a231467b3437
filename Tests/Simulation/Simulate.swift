// Worlds by the thousand, on all cores: see `Seeds` for what can be said, and `make simulate`.

import Foundation
import Synchronization
import Threads

@main
enum Simulate {
  static func main() {
    let seeds = Seeds.range(1000)
    let campaign = Campaign(seeds)
    let threads = (0..<ProcessInfo.processInfo.activeProcessorCount).map { index in
      WorkerThread(name: "world-\(index)") { campaign.live() }
    }
    for thread in threads { thread.join() }
    say(campaign.summary)
    exit(campaign.hasFailed ? 1 : 0)
  }
}

/// At once, into a file too.
private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// Many seeds, each world on one thread, until one breaks a promise.
private final class Campaign: Sendable {
  private struct State {
    var next: UInt64
    var lived = 0
    var tally = Tally()
    /// Of all traces, in whatever order the worlds came to their ends: a second run must come to the same.
    var traces: UInt64 = 0
    var hasFailed = false
    var toldAt: Double = 0
  }

  private let seeds: Range<UInt64>
  private let began = Date()
  private let state: Mutex<State>

  init(_ seeds: Range<UInt64>) {
    self.seeds = seeds
    state = Mutex(State(next: seeds.lowerBound))
  }

  var hasFailed: Bool { state.withLock { $0.hasFailed } }

  var summary: String { state.withLock { line($0) } }

  func live() {
    while let seed = take() {
      let world = World(seed: seed, tells: Seeds.isReplay)
      world.watcher = { [self] in look(seed, $0) }
      let failure = world.failure()
      if Seeds.isReplay { world.story.forEach { say($0) } }
      note(seed, world, failure)
    }
  }

  private func take() -> UInt64? {
    state.withLock { state in
      guard !state.hasFailed, state.next < seeds.upperBound else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// Where a large world is, now and then.
  private func look(_ seed: UInt64, _ world: World) {
    state.withLock { state in
      let seconds = Date().timeIntervalSince(began)
      guard seconds - state.toldAt >= 30 else { return }
      state.toldAt = seconds
      say("seed \(seed), day \(world.day) after \(Int(seconds)) s: \(world.tally)")
    }
  }

  private func note(_ seed: UInt64, _ world: World, _ failure: String?) {
    state.withLock { state in
      state.lived += 1
      state.tally.add(world.tally)
      state.traces &+= world.trace.value &* (2 * seed + 1)
      if Seeds.isReplay { say("seed \(seed), trace \(world.trace)") }
      if let failure {
        state.hasFailed = true
        say("seed \(seed): \(failure)\n\(Seeds.replay(seed))")
      }
      let seconds = Date().timeIntervalSince(began)
      if seconds - state.toldAt >= 10 {
        state.toldAt = seconds
        say(line(state))
      }
    }
  }

  private func line(_ state: State) -> String {
    let seconds = Date().timeIntervalSince(began)
    let rate = String(format: "%.1f", Double(state.lived) / max(seconds, 0.001))
    return
      "\(state.lived) worlds from seed \(seeds.lowerBound) on, \(rate) a second: \(state.tally), traces \(String(state.traces, radix: 16))"
  }
}
