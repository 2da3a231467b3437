import SQL

/// A run of the fixed chain, and the way that the log says it must go.
struct FixedRun {
  enum Way {
    /// What it waited for came in time.
    case bought
    case left

    var label: String { self == .bought ? FixedChain.bought : FixedChain.left }
  }

  let id: Int64
  let entry: OraclePast.Event
  /// contacts.id when it was first seen.
  let contact: Int64
  let isHeldOut: Bool
  /// As it was found right.
  var way: Way?
  /// It has ended, and everything was there.
  var isOver = false
  /// Its messages' labels in their order, though some may be deleted by now.
  private(set) var labels: [String] = []

  /// The last moment at which an event comes in time.
  var until: Int64 { entry.acceptedAt + FixedChain.patience }

  /// What of the awaited there is for a run.
  struct Prospect {
    /// Something came in time: accepted by then, by who was one with him by then.
    var isDue = false
    /// It has woken the run: the way is decided, whatever the time.
    var isDecided = false
    /// The run may have bought: it is due, or what came too late may have acted before the timer, after a start.
    var mayBuy = false
    /// The run may have left: nothing came, or the clock had shown the end before and was set back.
    var mayLeave = true
  }

  /// All that is in the log so far.
  func prospect(_ past: OraclePast) -> Prospect {
    var prospect = Prospect()
    for event in past.awaited(after: entry.seq) where event.at >= entry.acceptedAt {
      guard let bond = past.bonds.since(event.contact, contact) else { continue }
      let since = bond.lowerBound...max(bond.upperBound, event.bondedAt, entry.bondedAt)
      let isInTime = event.acceptedAt <= until
      if isInTime, since.upperBound <= until {
        prospect.isDue = true
        prospect.isDecided = prospect.isDecided || event.isFresh
        prospect.mayBuy = true
        // The timer was due at a time that came twice.
        let isSure = event.acceptedAt >= event.shown || until > event.shown
        if isSure { prospect.mayLeave = false }
        if isSure, event.isFresh { return prospect }
        continue
      }
      let isEarly = isInTime || past.mayPrecedeTimers(event)
      let isBondEarly = since.lowerBound <= until || past.mayPrecedeTimers(bond: since)
      prospect.mayBuy = prospect.mayBuy || (isEarly && isBondEarly)
    }
    return prospect
  }

  /// - Parameter labels: of the messages that it has now.
  /// - Returns: whether they are what its way says, as far as it has come.
  mutating func sends(_ labels: [String], isEnded: Bool) -> Bool {
    self.labels += labels.filter { !self.labels.contains($0) }
    guard Set(labels).count == labels.count else { return false }
    guard let way else { return labels.isEmpty && !isEnded }
    let whole = isHeldOut ? [way.label] : [way.label, FixedChain.news]
    return isEnded ? self.labels == whole : whole.starts(with: self.labels)
  }
}
