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
    var latest = JSONObject()
    for type in try templates.latestTypes(send.template) {
      guard let properties = try evaluator.latest(type) else { continue }
      Self.put(properties, at: type.split(separator: ".").map(String.init)[...], in: &latest)
    }
    return .object([
      "contact": contact.json, "trigger": Self.event(trigger), "latest": .object(latest), "data": .object(data),
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

  /// Types of two words are nested: a template says `latest.message.opened`.
  private static func put(_ value: JSONValue, at path: ArraySlice<String>, in object: inout JSONObject) {
    guard let first = path.first else { return }
    guard path.count > 1 else {
      object[first] = value
      return
    }
    var inner = object[first]?.object ?? [:]
    put(value, at: path.dropFirst(), in: &inner)
    object[first] = .object(inner)
  }
}
