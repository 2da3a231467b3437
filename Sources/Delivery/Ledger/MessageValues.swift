import Domain
import Engine
import JSON
import SQL

/// What a template sees of a message, read at the moment it passes the gate.
struct MessageValues {
  let evaluator: Evaluator
  let templates: TemplateCatalog

  func values(for send: Send, contact: Contact, trigger: EventFact, run: Run) throws -> JSONValue {
    var data = run.data
    for assignment in send.data { data[assignment.name] = try evaluator.value(assignment.value) ?? .null }
    var flags = JSONObject()
    for flag in send.flags { flags[flag.name] = .bool(try evaluator.evaluate(flag.condition).holds) }
    var latest = LatestValues()
    for type in try templates.latestTypes(send.template) {
      guard let properties = try evaluator.latest(type) else { continue }
      latest.put(properties, of: type)
    }
    return .object([
      "contact": contact.json, "trigger": Self.event(trigger), "latest": .object(latest.object), "data": .object(data),
      "flags": .object(flags),
    ])
  }

  /// An event's properties, with `type` and `at` beside them where they are free.
  static func event(_ event: EventFact) -> JSONValue {
    var properties = event.properties.object ?? [:]
    if properties["type"] == nil { properties["type"] = .string(event.type) }
    if properties["at"] == nil { properties["at"] = .string(event.at.rfc3339) }
    return .object(properties)
  }
}
