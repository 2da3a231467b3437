public import Domain
public import JSON
public import SQL

/// What a template may see of a run's trigger. Another person's event shows what the chain shares of it, or of him, and
/// nothing else.
public struct SceneValues {
  /// `trigger` and `data`.
  public let object: JSONObject

  public init(of run: Run, _ version: ChainVersion, _ recent: RecentRows, _ db: Connection) throws {
    guard let trigger = try recent.trigger(run.triggerSeq, db) else {
      object = ["trigger": [:], "data": .object(run.data)]
      return
    }
    let triggers = version.chain.triggers
    let shares = triggers.indices.contains(run.enteredBy) ? triggers[run.enteredBy].share : []
    let seen = try run.actor.map { Self.shared(trigger, by: try recent.contact($0, db), shares) } ?? trigger
    object = ["trigger": seen.visible, "data": .object(run.data)]
  }

  private static func shared(_ trigger: EventFact, by actor: Contact?, _ names: [String]) -> EventFact {
    let (properties, fields) = (trigger.properties.object ?? [:], actor?.json.object ?? [:])
    var shared = JSONObject()
    for name in names { shared[name] = properties[name] ?? fields[name] }
    return EventFact(seq: trigger.seq, at: trigger.at, type: trigger.type, properties: .object(shared))
  }
}
