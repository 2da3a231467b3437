public import JSON

/// Takes a condition apart and says of each part whether it holds, what it looked at and what would turn it. The answer
/// of every part is the evaluator's own, asked for it alone; nothing is decided here.
public struct Explainer {
  let evaluator: Evaluator
  let program: [Step]
  let document: JSONValue

  /// Parts that one explanation tells at most; a condition of thousands is cut.
  static let partsTold = 200

  /// - Parameters:
  ///   - chain: whose program names the steps.
  ///   - document: of that chain, which has the conditions as they were written.
  public init(view: any ContactView, run: RunScope, now: Timestamp, chain: Chain, document: JSONValue) {
    self.init(
      evaluator: Evaluator(view: view, run: run, now: now), program: chain.program, document: document)
  }

  init(evaluator: Evaluator, program: [Step], document: JSONValue) {
    (self.evaluator, self.program, self.document) = (evaluator, program, document)
  }

  /// - Parameter pointer: where the document has it; where it has nothing there, the condition is written anew.
  public func explain(_ condition: Condition, at pointer: String) throws -> Check {
    var left = Self.partsTold
    return try explain(condition, at: pointer, document.value(at: pointer), &left)
  }

  /// Of a trigger: whether its `where` fits the event that is the trigger of the scope.
  public func explain(_ match: Match, at pointer: String) throws -> Check {
    try explain(.trigger(match), at: pointer)
  }

  private func explain(
    _ condition: Condition, at pointer: String, _ node: JSONValue?, _ left: inout Int
  ) throws -> Check {
    left -= 1
    let (parts, explainer) = try inside(condition, at: pointer, node)
    guard !parts.isEmpty else { return try leaf(condition, at: pointer, node) }
    let truth = try evaluator.evaluate(condition)
    var check = Check(
      pointer: pointer, condition: node ?? condition.json(label), holds: truth.holds, until: truth.until)
    for part in parts where left > 0 {
      check.parts.append(try explainer.explain(part.condition, at: part.pointer, part.node, &left))
    }
    check.turn = turn(condition, check)
    return check
  }

  private typealias Part = (condition: Condition, pointer: String, node: JSONValue?)

  /// The conditions that one is made of, and who can explain them.
  private func inside(
    _ condition: Condition, at pointer: String, _ node: JSONValue?
  ) throws -> (parts: [Part], by: Explainer) {
    func list(_ key: String, _ inner: [Condition]) -> [Part] {
      let nodes = node?[key]?.array
      return inner.enumerated().map { index, condition in
        let isWritten = nodes.map { index < $0.count } ?? false
        return (condition, isWritten ? "\(pointer)/\(key)/\(index)" : pointer, isWritten ? nodes?[index] : nil)
      }
    }
    func one(_ key: String, _ inner: Condition) -> [Part] {
      let node = node?[key]
      return [(inner, node == nil ? pointer : "\(pointer)/\(key)", node)]
    }
    return switch condition {
    case .all(let inner): (list("all", inner), self)
    case .any(let inner): (list("any", inner), self)
    case .not(let inner): (one("not", inner), self)
    case .ofTrigger(let inner):
      if let actor = try evaluator.aboutActor() {
        (one("is", inner), Explainer(evaluator: actor, program: program, document: document))
      } else {
        ([], self)
      }
    case .contact, .trigger, .latest, .did, .message, .consent, .reachable, .weekday, .localTime, .list, .inChain,
      .relation, .segment, .silence, .rfm, .buysAtDiscount, .prefers, .affordable, .neverLeft:
      ([], self)
    }
  }

  private func turn(_ condition: Condition, _ check: Check) -> String {
    let alike = check.parts.filter { $0.holds == check.holds }.map(\.turn)
    return switch condition {
    case .all: check.holds ? joined(alike, by: "or") : joined(alike, by: "and")
    case .any: check.holds ? joined(alike, by: "and") : joined(alike, by: "or")
    default: check.parts.first?.turn ?? ""
    }
  }

  private func leaf(_ condition: Condition, at pointer: String, _ node: JSONValue?) throws -> Check {
    let witness = Witness()
    var evaluator = evaluator
    evaluator.witness = witness
    let truth = try evaluator.evaluate(condition)
    var check = Check(
      pointer: pointer, condition: node ?? condition.json(label), holds: truth.holds, until: truth.until)
    check.events = witness.counted.map(\.seq)
    check.missed = witness.missed.map(\.seq)
    let alone = try momentItTurns(condition, truth, witness)
    check.saw = try saw(condition, witness)
    check.turn = try wish(condition, holds: truth.holds, witness, alone)
    return check
  }

  /// When time alone turns the answer, found by asking again at each moment at which it could.
  private func momentItTurns(_ condition: Condition, _ truth: Truth, _ witness: Witness) throws -> Timestamp? {
    guard witness.countedAll + witness.missedAll <= Self.eventsAskedAgain else { return nil }
    var moment = truth.until
    for _ in 0..<Self.momentsAsked {
      guard let at = moment else { return nil }
      let then = try Evaluator(view: evaluator.view, run: evaluator.run, now: at).evaluate(condition)
      if then.holds != truth.holds { return at }
      moment = then.until
    }
    return nil
  }

  private static let momentsAsked = 40
  /// Where an answer looks at more, it is not asked for again and again.
  private static let eventsAskedAgain = 500

  func label(_ step: Int) -> String { program[safe: step]?.label ?? String(step) }
}

extension JSONValue {
  /// RFC 6901; nil when nothing is there.
  public func value(at pointer: String) -> JSONValue? {
    pointer.split(separator: "/").reduce(self) { value, token in
      let name = String(token.replacing("~1", with: "/").replacing("~0", with: "~"))
      switch value {
      case .object(let object)?: return object[name]
      case .array(let elements)?: return Int(name).flatMap { elements[safe: $0] }
      default: return nil
      }
    }
  }
}
