import JSON

/// How he buys.
extension Evaluator {
  /// False of one without scores: he never bought, or nobody has been compared yet.
  func evaluate(_ tests: [RfmTest]) throws -> Truth {
    guard let state = try view.rfm(at: now) else { return Truth(false) }
    witness?.scored(state.cell)
    let holds = tests.allSatisfy { $0.comparison.holds(state.cell.score($0.measure), $0.score) }
    return Truth(holds, until: state.nextChange)
  }

  /// False of one who never bought.
  func evaluate(shareAtDiscount tests: [NumberTest]) throws -> Truth {
    guard let share = try Discount.share(of: view.purchases(until: now)) else { return Truth(false) }
    let holds = try tests.allSatisfy { test in
      guard case .value(let expression) = test.operand, case .number(let operand)? = try value(expression) else {
        return false
      }
      witness?.measured(JSONNumber(share), against: operand)
      return test.comparison.holds(share, operand.double)
    }
    return Truth(holds)
  }

  func preference() throws -> JSONValue { try Preference(of: view.purchases(until: now)).json }
}
