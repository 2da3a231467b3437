import API
import Domain
import Engine
import SQL
import Synchronization

/// What the clock must know of the work: the engine and the delivery answer together. Called on the writer's thread,
/// inside a transaction.
protocol Settling: Sendable {
  /// The next moment at which time alone makes something happen; nil when nothing waits for time.
  func nextDue(_ db: Connection, now: Int64) throws -> Int64?

  /// Nothing is left to do at this moment: the log is read to its end, no timer is due, nothing is `sending`, and no
  /// message that is due could be handed over.
  func isSettled(_ db: Connection, now: Int64) throws -> Bool
}

/// Moves a test clock, letting everything due on the way happen at its own time and in its own order: settle, jump to
/// the next moment at which anything is due, settle, and so on. One move at a time.
final class ClockDriver: Sendable {
  /// Real time that one moment may take to settle: a provider that hangs ends by its own time-out before.
  static let settleSeconds: Int64 = 300

  private let clock: TestClock
  private let writer: Writer
  private let settling: any Settling
  private let moving = Mutex(())

  init(clock: TestClock, writer: Writer, settling: any Settling) {
    (self.clock, self.writer, self.settling) = (clock, writer, settling)
  }

  /// Blocks until nothing is left to do at the target. Throws a `Refusal` when the target lies behind.
  /// - Returns: what the clock shows then.
  func move(_ move: TestClockMove) throws -> Timestamp {
    try moving.withLock { _ in
      let target = try target(of: move)
      var now = clock.now()
      while true {
        try settle(now)
        guard now < target else { return Timestamp(milliseconds: now) }
        let due = try writer.perform { [settling, now] db, _ in try settling.nextDue(db, now: now) }
        // What is settled and still due in the past waits for something other than time.
        let next = due.flatMap { $0 > now && $0 < target ? $0 : nil } ?? target
        try set(next)
        now = next
      }
    }
  }

  private func target(of move: TestClockMove) throws -> Int64 {
    let now = Timestamp(milliseconds: clock.now())
    switch move {
    case .advance(let span): return span.after(now, in: .utc).milliseconds
    case .to(let target):
      guard target >= now else {
        let detail = "expected a time from \(now.rfc3339) on, got \(target.rfc3339)"
        throw Refusal([Issue(pointer: "/to", code: .badValue, detail: detail, hint: "the clock never goes back")])
      }
      return target.milliseconds
    }
  }

  /// On disk first: a crash in between starts again at the later time, with the work of it still to do.
  private func set(_ time: Int64) throws {
    try writer.perform { db, _ in try Facts.write(Facts.testClock, String(time), db) }
    clock.move(to: time)
    writer.wake()
  }

  private func settle(_ now: Int64) throws {
    let deadline = SystemClock.monotonic() + Self.settleSeconds * 1000
    var pauseMicroseconds: UInt32 = 50
    while try !writer.perform({ [settling] db, _ in try settling.isSettled(db, now: now) }) {
      guard SystemClock.monotonic() < deadline else {
        let time = Timestamp(milliseconds: now).rfc3339
        throw Problem(
          status: 503, code: "unsettled", title: "Work is left",
          detail: "what is due at \(time) did not end within \(Self.settleSeconds) s; the clock stands there")
      }
      Pause.microseconds(pauseMicroseconds)
      pauseMicroseconds = min(pauseMicroseconds * 2, 2_000)
    }
  }
}
