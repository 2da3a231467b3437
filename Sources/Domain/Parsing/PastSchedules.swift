public import JSON

/// What a publish knows of the time: a broadcast that is past reaches nobody.
public struct PublishingTime: Sendable {
  public var now: Timestamp
  public var shopZone: Zone
  /// Broadcasts of the version that is live: they may be past, and stay in the document.
  public var published: Set<LocalTime>

  public init(now: Timestamp, shopZone: Zone, published: Set<LocalTime> = []) {
    (self.now, self.shopZone, self.published) = (now, shopZone, published)
  }

  /// The times of the broadcasts that enter a chain, by its document.
  public static func broadcasts(in document: JSONNode) -> Set<LocalTime> {
    Set(places(in: document).compactMap { $0.node.string.flatMap { LocalTime(text: $0) } })
  }

  fileprivate static func places(in document: JSONNode) -> [(node: JSONNode, pointer: String)] {
    guard let enter = document["enter"] else { return [] }
    guard enter.kind == .array else { return enter["schedule"].map { [($0, "/enter/schedule")] } ?? [] }
    return enter.elements.enumerated().compactMap { index, trigger in
      trigger["schedule"].map { ($0, "/enter/\(index)/schedule") }
    }
  }
}

extension ReferenceCheck {
  /// By the shop's clock: who has no time zone goes by it.
  func checkForPast(_ root: JSONNode) {
    guard let time = references.time else { return }
    for (node, pointer) in PublishingTime.places(in: root) {
      guard let local = node.string.flatMap({ LocalTime(text: $0) }) else { continue }
      let place = Place(node: node, pointer: pointer, findings: findings)
      let clock = time.shopZone.local(time.now)
      if time.shopZone.moment(of: local) > time.now {
        let hours = (local.date.daysSince1970 - clock.date.daysSince1970) * 24 + Int64(local.hour - clock.hour)
        guard hours < 14 else { continue }
        place.warning(
          .doubtful,
          "where clocks are ahead of the shop's, \(local.text) may be past: `late` decides about who lives there",
          hint: "publish it a day before")
      } else if time.published.contains(local) {
        place.warning(.doubtful, "\(local.text) is past: nobody enters by it any more")
      } else {
        place.error(
          .badValue,
          "expected a time to come, got \"\(local.text)\", and in \(time.shopZone.identifier) it is \(clock.text)",
          hint: "choose a later time")
      }
    }
  }
}
