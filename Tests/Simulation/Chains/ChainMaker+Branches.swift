import JSON

extension ChainMaker {
  mutating func choose(_ depth: Int) -> JSONValue {
    let cases: [JSONValue] = (0...chance.below(2)).map { _ in
      ["when": conditions.condition(.step, &chance), "steps": steps(depth: depth + 1)]
    }
    var object: JSONObject = ["choose": .array(cases)]
    if chance.hits(600) { object["otherwise"] = steps(depth: depth + 1) }
    return .object(object)
  }

  mutating func split(_ depth: Int) -> JSONValue {
    let variants: [JSONValue] = ["A", "B", "C"].prefix(2 + chance.below(2)).map { name in
      ["name": .string(name), "weight": .number(JSONNumber(1 + chance.below(5))), "steps": steps(depth: depth + 1)]
    }
    var object: JSONObject = ["split": .array(variants)]
    if hasGoal, chance.hits(500) { object["winner"] = ["by": "goal", "after": 4] }
    return .object(object)
  }

  /// From the cheap channel to the dear one.
  mutating func escalate() -> JSONValue {
    let channels = ["email", "sms", "call"].prefix(2 + chance.below(2))
    let sends: [JSONValue] = channels.enumerated().map { number, channel in
      var object: JSONObject = ["send": .string(channel), "template": .string(chance.pick(["a", "b"]))]
      if number + 1 < channels.count || chance.hits(300) {
        object["patience"] = .string(chance.pick(["2h", "24h", "2d"]))
      }
      if chance.hits(200) { object["only_if"] = conditions.condition(.step, &chance) }
      if chance.hits(500) { object["id"] = .string(id()) }
      return .object(object)
    }
    var object: JSONObject = ["escalate": .array(sends), "until": "seen"]
    if chance.hits(300) { object["budget"] = .string(chance.pick(["5.00", "5% of trigger.total"])) }
    return .object(object)
  }

  /// What takes no time and sends nothing. Nobody enters a chain that enters nobody: circles are a test of their own.
  mutating func aside() -> JSONValue {
    switch chance.below(3) {
    case 0: return ["list": .string(chance.pick(["warm", "cold"])), "add": .bool(chance.hits(600))]
    case 1: return ["offer": "banner", "template": .string(chance.pick(["a", "b"])), "for": "2d"]
    default: return ["leave": .string(chance.pick(["first", "second"]))]
    }
  }

  mutating func atEnd() -> JSONValue {
    [aside(), ["if": conditions.condition(.step, &chance), "then": [["set": ["stage": "over"]]]]]
  }
}
