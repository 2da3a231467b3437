import Domain
import SQL

/// A trigger by time, or by a condition, of the version that new runs of a chain walk.
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

  /// Lets those in for whom a condition is true already.
  var takesMembers: Bool { version.chain.triggers[index].existing != nil }

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

  /// Those of the versions that new runs walk, of paused chains too.
  static func live(in catalog: ChainCatalog, _ db: Connection) throws -> [TimedTrigger] {
    var found: [TimedTrigger] = []
    for entry in catalog.all where entry.status == .live || entry.status == .paused {
      guard let number = entry.liveVersion, let version = try catalog.readable(entry.number, number, db) else {
        continue
      }
      found += all(of: version, isPaused: entry.status == .paused)
    }
    return found
  }
}

extension Trigger {
  /// Nil for a trigger that events alone move, and for those of members. A date is the same trigger with another offset or clock time, since it comes
  /// once a year whatever happens; a broadcast at another time is another.
  fileprivate var timeName: String? {
    switch kind {
    case .event, .api: nil
    case .segment(let segment): segment.existing.map { _ in "existing " + segment.id }
    case .when(let condition, _): "when " + condition.fingerprint
    case .date(let date): "date " + date.path.text + (date.once ? " once" : "")
    case .schedule(let schedule):
      switch schedule.times {
      case .once(let local): "schedule " + local.text
      case .every: "every"
      }
    }
  }
}
