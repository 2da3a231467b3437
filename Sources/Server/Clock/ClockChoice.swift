import Domain
import Engine
import SQL

/// Which clock a start gets. A data folder made with a test clock keeps to it, one made without never takes one: events
/// of two times in one log would make every window wrong.
struct ClockChoice {
  let clock: ServerClock
  /// For the person who started the server; nil when there is nothing to say.
  let remark: String?

  /// Inside the transaction that also makes the identity; `isNew` is that of the identity.
  /// - Parameter testTime: what `--test-clock` said.
  static func make(testTime: Timestamp?, isNew: Bool, _ db: Connection) throws -> ClockChoice {
    let stored = try Facts.read(Facts.testClock, db).flatMap { Int64($0) }
    switch (testTime, stored) {
    case (nil, nil):
      return ClockChoice(clock: .system(SystemClock()), remark: nil)
    case (nil, let stored?):
      let time = Timestamp(milliseconds: stored).rfc3339
      throw StoreRefusal("this data folder was made with a test clock: start it with --test-clock \(time)")
    case (.some, nil) where !isNew:
      throw StoreRefusal("this data folder was made without a test clock: start it without --test-clock")
    case (let asked?, let stored):
      let time = max(asked.milliseconds, stored ?? .min)
      try Facts.write(Facts.testClock, String(time), db)
      return ClockChoice(clock: .test(TestClock(at: time)), remark: remark(asked: asked, stored: stored))
    }
  }

  private static func remark(asked: Timestamp, stored: Int64?) -> String? {
    guard let stored else { return nil }
    let before = Timestamp(milliseconds: stored)
    if asked > before { return "the test clock stood at \(before.rfc3339); what lies between counts as downtime" }
    return asked < before ? "the test clock stands at \(before.rfc3339) and does not go back" : nil
  }
}
