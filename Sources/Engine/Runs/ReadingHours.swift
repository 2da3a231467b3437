import Domain
import JSON

/// When a contact reads: opens, clicks and visits by local hour.
enum ReadingHours {
  static let days: Int64 = 90
  static let needed = 10
  /// The newest of each kind that are looked at.
  static let limit = 500

  /// 24 counts; nil with too few.
  static func counted(by view: some ContactView, before now: Timestamp) throws -> [Int]? {
    var hours = Array(repeating: 0, count: 24)
    let since = now + -days * LocalTime.millisecondsPerDay
    for type in ["message.opened", "message.clicked", "visit"] {
      var seen = 0
      try view.events(of: type, since: since, until: now) { event in
        if event.properties["machine"]?.bool != true { hours[view.zone.local(event.at).hour] += 1 }
        seen += 1
        return seen < limit
      }
    }
    return hours.reduce(0, +) >= needed ? hours : nil
  }
}
