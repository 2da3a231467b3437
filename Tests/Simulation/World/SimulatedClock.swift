import Synchronization

/// Time as the world makes it: it moves when told to, and the wall clock may be set beside it.
final class SimulatedClock: Sendable {
  private struct State {
    var time: Int64
    var wallOffset: Int64 = 0
  }

  private let state: Mutex<State>

  init(start: Int64) { state = Mutex(State(time: start)) }

  /// Milliseconds that only grow: what passes in the world.
  var time: Int64 { state.withLock { $0.time } }

  /// Milliseconds since 1970 as the server reads them.
  var wall: Int64 { state.withLock { $0.time + $0.wallOffset } }

  func move(to time: Int64) { state.withLock { $0.time = max($0.time, time) } }

  /// The world's time at which the wall clock shows `wall`.
  func time(ofWall wall: Int64) -> Int64 {
    state.withLock { state in
      let (time, overflow) = wall.subtractingReportingOverflow(state.wallOffset)
      return overflow ? .max : time
    }
  }

  /// Somebody sets the wall clock, forth or back.
  func step(by milliseconds: Int64) { state.withLock { $0.wallOffset += milliseconds } }
}

/// What a round seems to take: on a slow machine some looks at it find that milliseconds have passed.
final class Stopwatch {
  private var chance: Chance
  private let isSlow: Bool
  private var nanoseconds: Int64 = 0

  init(seed: UInt64, life: Int, isSlow: Bool) {
    chance = Chance(seed, for: "stopwatch \(life)")
    self.isSlow = isSlow
  }

  func look() -> Int64 {
    if isSlow, chance.hits(200) { nanoseconds += chance.between(1, 10) * 1_000_000 }
    return nanoseconds
  }
}
