import JSON

extension StepParser {
  /// The steps of one branch; an empty or missing one goes on after the step.
  private func branch(_ place: Place?, _ exit: OpenEnd.Exit, of index: Int, depth: Int, _ open: inout OpenEnds)
    -> Branching
  {
    guard let place, place.node.kind != .array || !place.node.elements.isEmpty else {
      open.ends.append(OpenEnd(step: index, exit: exit))
      return Branching(target: index + 1, ends: false)
    }
    let target = program.count
    let inner = steps(place, depth: depth + 1)
    open.ends += inner.ends
    return Branching(target: target, ends: inner.ends.isEmpty)
  }

  private struct Branching {
    let target: Int
    /// No run comes out of it.
    let ends: Bool
  }

  func fork(_ kind: String, _ place: Place, index: Int, depth: Int) -> (OpenEnds, ended: Bool) {
    let known =
      kind == "if" ? ["if", "then", "else", "id", "note"] : ["wait_for", "at_most", "then", "else", "id", "note"]
    guard let fields = Fields(place, what: "a step", known: known), let test = fields[kind] else {
      return (OpenEnds([OpenEnd(step: index, exit: .next)]), false)
    }
    let condition = ConditionParser(steps: names, at: kind == "if" ? .step : .waitFor).parse(test)
    let atMost = kind == "wait_for" ? fields.required("at_most")?.span(positive: true) : nil
    if !fields.has("then", "else"), kind == "if" {
      place.error(.missing, "expected `then` or `else` beside `if`", hint: "write \"then\": [{…}]")
    }
    if kind == "wait_for", let then = fields["then"], let condition, isStopped(by: condition) {
      then.error(
        .unreachable, "no run reaches this `then`: `stop_when` ends the run on the same event",
        hint: "put the steps elsewhere, or narrow `stop_when`")
    }
    var open = OpenEnds()
    let then = branch(fields["then"], .then, of: index, depth: depth, &open)
    let otherwise = branch(fields["else"], .otherwise, of: index, depth: depth, &open)
    if let condition {
      program[index].kind =
        kind == "if"
        ? .branch(Branch(condition: condition, then: then.target, otherwise: otherwise.target))
        : .waitFor(
          WaitFor(
            condition: condition, atMost: atMost ?? Span(days: 1), then: then.target, otherwise: otherwise.target))
    }
    return (open, then.ends && otherwise.ends)
  }

  /// `{"choose": [{"when": …, "steps": […]}], "otherwise": […]}`
  func choose(_ place: Place, index: Int, depth: Int) -> (OpenEnds, ended: Bool) {
    var open = OpenEnds()
    guard let fields = Fields(place, what: "a step", known: ["choose", "otherwise", "id", "note"]),
      let places = fields["choose"]?.list(of: "cases")
    else { return (OpenEnds([OpenEnd(step: index, exit: .next)]), false) }
    if places.isEmpty { fields["choose"]?.error(.badValue, "expected at least one case, got an empty list") }
    var cases: [Choose.Case] = []
    var allEnd = true
    for (number, place) in places.enumerated() {
      guard let fields = Fields(place, what: "a case", known: ["when", "steps", "note"]) else { continue }
      let condition = fields.required("when").flatMap { ConditionParser(steps: names, at: .step).parse($0) }
      let branch = branch(fields.required("steps"), .branch(number), of: index, depth: depth, &open)
      cases.append(Choose.Case(condition: condition ?? .all([]), target: branch.target))
      allEnd = allEnd && branch.ends
    }
    let otherwise = branch(fields["otherwise"], .otherwise, of: index, depth: depth, &open)
    // With errors the numbers of the cases may not be their places; then there is no program.
    if cases.count == places.count { program[index].kind = .choose(Choose(cases: cases, otherwise: otherwise.target)) }
    return (open, allEnd && otherwise.ends)
  }

  /// `{"split": [{"name": "A", "weight": 50, "steps": […]}, …], "winner": {…}}`
  func split(_ place: Place, index: Int, depth: Int) -> (OpenEnds, ended: Bool) {
    var open = OpenEnds()
    guard let fields = Fields(place, what: "a step", known: ["split", "winner", "id", "note"]),
      let list = fields["split"], let places = list.list(of: "variants")
    else { return (OpenEnds([OpenEnd(step: index, exit: .next)]), false) }
    if places.count < 2 { list.error(.badValue, "expected at least two variants, got \(places.count)") }
    var variants: [Split.Variant] = []
    var allEnd = true
    for (number, place) in places.enumerated() {
      guard let fields = Fields(place, what: "a variant", known: ["name", "weight", "steps", "note"]) else { continue }
      let name = fields.required("name")?.name("a variant") ?? ""
      if variants.contains(where: { $0.name == name }), !name.isEmpty {
        fields["name"]?.error(.duplicate, "expected names that occur once, got \"\(name)\" again")
      }
      let weight = fields.required("weight")?.number(in: 0...1_000_000) ?? 1
      let branch = branch(fields.required("steps"), .branch(number), of: index, depth: depth, &open)
      variants.append(Split.Variant(name: name, weight: weight, target: branch.target))
      allEnd = allEnd && branch.ends
    }
    if variants.count == places.count {
      if variants.allSatisfy({ $0.weight == 0 }), !variants.isEmpty {
        list.error(.badValue, "expected at least one weight above zero")
      }
      let winner = fields["winner"].flatMap {
        LeafStepParser.winner($0, of: place, by: [.goal], hasGoal: goal != nil)
      }
      program[index].kind = .split(Split(variants: variants, winner: winner))
    }
    return (open, allEnd && !places.isEmpty)
  }
}
