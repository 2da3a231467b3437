import Domain
import Engine
import JSON
import SQL

/// What a template sees of a message, read at the moment it passes the gate.
struct MessageValues {
  let view: any ContactView
  let now: Timestamp
  let templates: TemplateCatalog

  /// Whom and what it is about.
  struct Scene {
    let contact: Contact
    /// Who did what the trigger says, where it is another.
    let actor: Contact?
    let trigger: EventFact
    let run: Run
    /// What may be seen of another's event.
    let shares: [String]
  }

  func values(for send: Send, template: String, _ scene: Scene) throws -> JSONValue {
    var scope = RunScope(scene.run, trigger: scene.trigger)
    var flags = JSONObject()
    for flag in send.flags {
      flags[flag.name] = .bool(try Evaluator(view: view, run: scope, now: now).evaluate(flag.condition).holds)
    }
    scope.flags = flags
    let evaluator = Evaluator(view: view, run: scope, now: now)
    var data = scene.run.data
    for assignment in send.data { data[assignment.name] = try evaluator.value(assignment.value) ?? .null }
    var latest = LatestValues()
    for type in try templates.latestTypes(template) {
      guard let properties = try evaluator.latest(type) else { continue }
      latest.put(properties, of: type)
    }
    return .object([
      "contact": scene.contact.json, "trigger": Self.trigger(scene), "latest": .object(latest.object),
      "data": .object(data), "flags": .object(flags),
    ])
  }

  /// Another person's event shows what the chain shares of it, or of him, and nothing else.
  private static func trigger(_ scene: Scene) -> JSONValue {
    guard let actor = scene.actor?.json.object else { return event(scene.trigger) }
    let properties = scene.trigger.properties.object ?? [:]
    var shared = JSONObject()
    for name in scene.shares { shared[name] = properties[name] ?? actor[name] }
    return event(
      EventFact(seq: scene.trigger.seq, at: scene.trigger.at, type: scene.trigger.type, properties: .object(shared)))
  }

  /// An event's properties, with `type` and `at` beside them where they are free.
  static func event(_ event: EventFact) -> JSONValue {
    var properties = event.properties.object ?? [:]
    if properties["type"] == nil { properties["type"] = .string(event.type) }
    if properties["at"] == nil { properties["at"] = .string(event.at.rfc3339) }
    return .object(properties)
  }
}
