import Domain

/// A trigger by time of the version that new runs of a chain walk.
struct TimedTrigger {
  /// The same from one version to the next, as long as it stays the same trigger.
  struct Key: Hashable {
    let chain: Int64
    let name: String
  }

  let version: ChainVersion
  /// Its place among the version's triggers.
  let index: Int
  let key: Key
  let isPaused: Bool

  var kind: Trigger.Kind { version.chain.triggers[index].kind }

  /// Those of a version, in their order.
  static func all(of version: ChainVersion, isPaused: Bool = false) -> [TimedTrigger] {
    var seen: [String: Int] = [:]
    return version.chain.triggers.enumerated().compactMap { index, trigger in
      guard let name = trigger.timeName else { return nil }
      let count = (seen[name] ?? 0) + 1
      seen[name] = count
      let key = Key(chain: version.number, name: count == 1 ? name : "\(name) #\(count)")
      return TimedTrigger(version: version, index: index, key: key, isPaused: isPaused)
    }
  }
}

extension Trigger {
  /// Nil for a trigger that no clock moves. A date is the same trigger with another offset or clock time, since it comes
  /// once a year whatever happens; a broadcast at another time is another.
  fileprivate var timeName: String? {
    switch kind {
    case .event, .api: nil
    case .date(let date): "date " + date.path.text + (date.once ? " once" : "")
    case .schedule(let schedule):
      switch schedule.times {
      case .once(let local): "schedule " + local.text
      case .every: "every"
      }
    }
  }
}
