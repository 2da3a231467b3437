import JSON

extension Evaluator {
  /// Until when it is not silent yet is known; once it is, only an event ends it.
  func evaluate(_ silence: Silence) throws -> Truth {
    let last = try lastMoment(silence)
    var due = silence.length.map { $0.after(last, in: view.zone) } ?? last
    if let pause = silence.longerThan {
      guard let gap = try averageGap(pause.whose, silence) else { return Truth(false) }
      due = max(due, last + Self.milliseconds(gap * pause.times))
    }
    witness?.wasSilent(since: last, until: due)
    return now >= due ? Truth(true) : Truth(false, until: due)
  }

  private func lastMoment(_ silence: Silence) throws -> Timestamp {
    var last: Timestamp?
    try view.events(of: silence.type, since: Timestamp(milliseconds: 0), until: now) { event in
      guard try fits(event, silence) else { return true }
      last = event.at
      witness?.counts(event)
      return false
    }
    return last ?? view.firstSeenAt
  }

  private func fits(_ event: EventFact, _ silence: Silence) throws -> Bool {
    try silence.match?.holds(for: event.properties, resolve: value) ?? true
  }

  /// In milliseconds; nil where there are too few to say.
  private func averageGap(_ whose: Silence.Pause.Whose, _ silence: Silence) throws -> Double? {
    switch whose {
    case .own:
      var (count, newest, oldest) = (0, Timestamp(milliseconds: 0), Timestamp(milliseconds: 0))
      try view.events(of: silence.type, since: Timestamp(milliseconds: 0), until: now) { event in
        guard try fits(event, silence) else { return true }
        if count == 0 { newest = event.at }
        (count, oldest) = (count + 1, event.at)
        return count < Self.newestForAverage
      }
      return count < Self.fewestForAverage ? nil : Double(newest - oldest) / Double(count - 1)
    case .members(let segment):
      return try view.averageGap(of: silence.type, where: silence.match, amongMembersOf: segment)
    }
  }

  /// Two gaps.
  static let fewestForAverage = 3
  /// Older ones say little of his habits now, and a robot has a hundred thousand.
  static let newestForAverage = 1000

  /// A century is as good as for ever.
  private static func milliseconds(_ length: Double) -> Int64 {
    Int64(min(max(length, 0), 100 * 366 * Double(LocalTime.millisecondsPerDay)).rounded(.up))
  }
}
