/// How fast a channel may go: at most so many a second, and not at all while its provider asks for patience.
struct Pace {
  /// Nil is as fast as it goes.
  let perSecond: Int?
  private(set) var heldUntil: Int64 = 0
  private var tokens: Double
  private var filledAt: Int64?

  init(perSecond: Int?) {
    self.perSecond = perSecond
    tokens = Double(perSecond ?? 0)
  }

  /// How many may leave at `now`, milliseconds.
  mutating func allowed(at now: Int64) -> Int {
    guard now >= heldUntil else { return 0 }
    guard let perSecond else { return .max }
    if let filledAt, now > filledAt {
      tokens = min(Double(perSecond), tokens + Double(now - filledAt) * Double(perSecond) / 1000)
    }
    filledAt = max(now, filledAt ?? now)
    return Int(tokens)
  }

  mutating func spend(_ count: Int) { if perSecond != nil { tokens -= Double(count) } }

  mutating func hold(until moment: Int64) { heldUntil = max(heldUntil, moment) }

  /// The first moment from `now` on at which something may leave.
  func opensAt(_ now: Int64) -> Int64 {
    guard let perSecond, tokens < 1 else { return max(now, heldUntil) }
    return max(heldUntil, now + Int64((1 - tokens) * 1000 / Double(perSecond)) + 1)
  }
}
