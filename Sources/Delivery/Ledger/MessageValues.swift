import Domain
import Engine
import JSON
import SQL

/// What a template sees of a message, read at the moment it passes the gate.
struct MessageValues {
  let view: any ContactView
  let now: Timestamp
  let templates: TemplateCatalog

  /// - Parameter scene: the run's trigger and data.
  func values(
    for send: Send, template: String, contact: Contact, run: Run, trigger: EventFact, _ scene: SceneValues
  ) throws -> JSONValue {
    var scope = RunScope(run, trigger: trigger)
    var flags = JSONObject()
    for flag in send.flags {
      flags[flag.name] = .bool(try Evaluator(view: view, run: scope, now: now).evaluate(flag.condition).holds)
    }
    scope.flags = flags
    let evaluator = Evaluator(view: view, run: scope, now: now)
    var values = scene.object
    if !send.data.isEmpty {
      var data = run.data
      for assignment in send.data {
        // Of another person's event only what is shared.
        if case .from(.trigger(let path)) = assignment.value, let trigger = scene.object["trigger"] {
          data[assignment.name] = path.value(in: trigger) ?? .null
        } else {
          data[assignment.name] = try evaluator.value(assignment.value) ?? .null
        }
      }
      values["data"] = .object(data)
    }
    var latest = LatestValues()
    for type in try templates.latestTypes(template) {
      guard let properties = try evaluator.latest(type) else { continue }
      latest.put(properties, of: type)
    }
    values["contact"] = contact.json
    values["latest"] = .object(latest.object)
    values["flags"] = .object(flags)
    return .object(values)
  }
}
