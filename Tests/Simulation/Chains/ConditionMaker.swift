import JSON

/// Random conditions of the chain language.
struct ConditionMaker {
  /// Ids of sends that the chain has so far.
  var sends: [String] = []
  /// Ids of steps.
  var steps: [String] = []

  enum Place {
    case entry, stop, step, wait
  }

  static let types = ["view", "cart", "purchase", "visit", "signup"]

  func condition(_ place: Place, _ chance: inout Chance, depth: Int = 0) -> JSONValue {
    if depth < 2, chance.hits(250) {
      let parts = (0..<(1 + chance.below(3))).map { _ in condition(place, &chance, depth: depth + 1) }
      switch chance.below(3) {
      case 0: return ["all": .array(parts)]
      case 1: return ["any": .array(parts)]
      default: return place == .wait || place == .stop ? ["any": .array(parts)] : ["not": parts[0]]
      }
    }
    switch chance.below(place == .entry ? 9 : 12) {
    case 0, 1: return did(place, &chance)
    case 2: return ["contact": ["age": [">=": .number(JSONNumber(18 + chance.below(40)))]]]
    case 3: return ["contact": ["city": .string(chance.pick(["Kazan", "Paris"]))]]
    case 4: return ["trigger": total(&chance)]
    case 5: return ["latest": .string(chance.pick(Self.types)), "where": total(&chance)]
    case 6: return [chance.pick(["consent", "reachable"]): .string(chance.pick(["email", "sms", "call"]))]
    case 8:
      switch chance.below(3) {
      case 0: return ["list": .string(chance.pick(["warm", "cold"]))]
      case 1: return ["in_chain": .string(chance.pick(["first", "second"]))]
      default: return ["of": "trigger", "is": ["contact": ["age": [">=": 30]]]]
      }
    case 7:
      return chance.hits(500)
        ? ["weekday": ["sat", "sun"]] : ["local_time": .string(chance.pick(["09:00..18:00", "22:00..06:00"]))]
    default:
      let facts = ["opened", "unopened", "clicked", "delivered", "bounced", "answered"]
      return [chance.pick(facts): .string(chance.pick(sends + ["last", "any"]))]
    }
  }

  private func did(_ place: Place, _ chance: inout Chance) -> JSONValue {
    var object: JSONObject = [:]
    // Where it could only be true from the start, the language refuses `did_not`.
    let negated = chance.hits(300) && (place == .entry || place == .step)
    object[negated ? "did_not" : "did"] = .string(chance.pick(Self.types))
    if chance.hits(300) { object["where"] = total(&chance) }
    if !negated, place != .stop, chance.hits(250) {
      object["times"] = [">=": .number(JSONNumber(1 + chance.below(3)))]
      object["within"] = .string(chance.pick(["2h", "1d", "7d"]))
    } else if chance.hits(300) {
      if place == .step, chance.hits(300), let id = steps.last {
        object["since"] = .string(id)
      } else {
        object["within"] = .string(chance.pick(["30m", "6h", "3d", "2w"]))
      }
    }
    if chance.hits(150) { object["same"] = "cart_id" }
    return .object(object)
  }

  func total(_ chance: inout Chance) -> JSONValue {
    ["total": [chance.pick([">=", "<", ">"]): .number(JSONNumber(chance.below(20) * 1000))]]
  }
}
