import Domain
import JSON

/// Random chains that a marketer could have written: valid by the server's own parser.
struct ChainMaker {
  let references: References
  /// Nothing that the parser doubts, and nothing that it cannot judge.
  let isSure: Bool
  var chance: Chance
  var conditions = ConditionMaker()
  private var count = 0
  var hasGoal = false

  init(_ chance: Chance, references: References, isSure: Bool = false) {
    (self.chance, self.references, self.isSure) = (chance, references, isSure)
  }

  /// A document that can be published.
  mutating func document() -> String {
    // What the parser refuses, such as steps that cannot be reached, is drawn anew.
    while true {
      conditions = ConditionMaker()
      count = 0
      let text = chain().text
      guard let document = try? JSONDocument(parsing: Array(text.utf8)) else { continue }
      let read = ChainParser.parse(document, references: references)
      if read.chain != nil, !isSure || (read.warnings.isEmpty && !text.contains("latest")) { return text }
    }
  }

  private mutating func chain() -> JSONValue {
    var object: JSONObject = ["name": "Random"]
    if chance.hits(300) { object["purpose"] = "transactional" }
    object["enter"] = chance.hits(700) ? trigger() : [trigger(), trigger()]
    if chance.hits(200) { object["only_if"] = conditions.condition(.entry, &chance) }
    if chance.hits(400) { object["per"] = "cart_id" }
    object["reenter"] = .string(chance.pick(["never", "always", "after_exit", "restart", "after 3d", "after 2h"]))
    if chance.hits(300) { object["late"] = chance.pick(["send", "skip", ["skip_after": "2h"]]) }
    if chance.hits(200) { object["hours"] = .string(chance.pick(["10:00..19:00", "00:00..12:00"])) }
    hasGoal = chance.hits(400)
    if hasGoal { object["goal"] = ["did": "purchase", "within": "7d", "value": "total"] }
    if chance.hits(150) { object["holdout"] = "20%" }
    if chance.hits(200) { object["priority"] = .number(JSONNumber(chance.below(101))) }
    object["steps"] = steps(depth: 0)
    if chance.hits(200) { object["at_end"] = atEnd() }
    if chance.hits(650) {
      object["stop_when"] = .array((0...chance.below(2)).map { _ in stop() })
    }
    return .object(object)
  }

  private mutating func trigger() -> JSONValue {
    var object: JSONObject = ["event": .string(chance.pick(ConditionMaker.types))]
    if chance.hits(250) { object["where"] = conditions.total(&chance) }
    return .object(object)
  }

  /// Mostly of the forms that the check at the hand-over can work out by itself.
  private mutating func stop() -> JSONValue {
    switch chance.below(5) {
    case 0: return ["did": .string(chance.pick(ConditionMaker.types)), "where": conditions.total(&chance)]
    case 1: return ["did": .string(chance.pick(ConditionMaker.types)), "same": "cart_id"]
    case 2: return conditions.condition(.stop, &chance)
    default: return ["did": .string(chance.pick(["purchase", "visit"]))]
    }
  }

  mutating func steps(depth: Int) -> JSONValue {
    let length = 1 + chance.below(depth == 0 ? 5 : 2)
    return .array((0..<length).map { step(depth: depth, isLast: $0 == length - 1) })
  }

  private mutating func step(depth: Int, isLast: Bool) -> JSONValue {
    switch chance.below(depth < 2 ? 16 : 9) {
    case 0, 1, 2: return send()
    case 12: return choose(depth)
    case 13: return split(depth)
    case 14: return escalate()
    case 3, 4: return wait()
    case 5: return waitUntil()
    case 6: return ["set": ["stage": .string(chance.pick(["warm", "cold"])), "total": ["from": "trigger.total"]]]
    case 7: return isLast && depth > 0 && chance.hits(300) ? ["exit": "enough"] : send()
    case 8: return aside()
    case 9, 10: return branching("wait_for", depth)
    default: return branching("if", depth)
    }
  }

  mutating func id() -> String {
    count += 1
    return "s\(count)"
  }

  private mutating func wait() -> JSONValue {
    var object: JSONObject = [:]
    if chance.hits(650) {
      object["wait"] = .string(chance.pick(["10m", "45m", "3h", "8h", "1d", "2d"]))
      if chance.hits(150) { object["since"] = .string(conditions.steps.last ?? "enter") }
    } else {
      object["wait"] = .string(chance.pick(["1h..5h", "8h..24h", "1d..3d"]))
    }
    if chance.hits(250) { object["reset_on"] = .string(chance.pick(["cart", "view"])) }
    let id = id()
    object["id"] = .string(id)
    conditions.steps.append(id)
    return .object(object)
  }

  private mutating func waitUntil() -> JSONValue {
    if chance.hits(150) { return ["wait_until": ["date": "contact.birthday", "offset": "-1d"], "at": "09:30"] }
    var object: JSONObject = ["wait_until": .string(chance.pick(["10:00", "02:30", "23:50", "00:00"]))]
    if chance.hits(400) { object["on"] = .array([.string(chance.pick(["mon", "sat", "last sun", "1st wed", "29"]))]) }
    return .object(object)
  }

  mutating func send() -> JSONValue {
    var object: JSONObject = [
      "send": .string(chance.pick(["email", "email", "sms", "call"])), "template": .string(chance.pick(["a", "b"])),
    ]
    if chance.hits(150) {
      object["template"] = ["a", "b"]
      if chance.hits(500) { object["winner"] = ["by": "opened", "after": 5] }
    }
    if chance.hits(250) { object["only_if"] = conditions.condition(.step, &chance) }
    if chance.hits(200) { object["flags"] = ["vip": conditions.condition(.step, &chance)] }
    if chance.hits(200) { object["data"] = ["total": ["from": "trigger.total"]] }
    if chance.hits(150) { object["purpose"] = .string(chance.pick(["marketing", "transactional"])) }
    if chance.hits(200) { object["hold"] = .string(chance.pick(["1h", "6h", "2d"])) }
    if chance.hits(800) {
      let id = id()
      object["id"] = .string(id)
      conditions.sends.append(id)
      conditions.steps.append(id)
    }
    return .object(object)
  }

  private mutating func branching(_ kind: String, _ depth: Int) -> JSONValue {
    var object: JSONObject = [kind: conditions.condition(kind == "if" ? .step : .wait, &chance)]
    if kind == "wait_for" { object["at_most"] = .string(chance.pick(["20m", "4h", "24h", "3d"])) }
    if kind == "if" || chance.hits(600) { object["then"] = steps(depth: depth + 1) }
    if chance.hits(600) { object["else"] = steps(depth: depth + 1) }
    return .object(object)
  }
}
