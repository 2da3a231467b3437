// What compares with nothing that may change.

extension Match {
  public var isConstant: Bool { fields.allSatisfy { $0.tests.allSatisfy(\.isConstant) } }
}

extension Match.Test {
  var isConstant: Bool {
    switch self {
    case .compare(_, let operand), .contains(let operand), .startsWith(let operand): operand.isConstant
    case .oneOf(let operands), .noneOf(let operands): operands.allSatisfy(\.isConstant)
    case .exists: true
    case .any(let match): match.isConstant
    }
  }
}

extension ValueExpression {
  var isConstant: Bool {
    if case .literal = self { return true }
    return false
  }
}

extension Did {
  /// What it counts and what it compares with.
  public var isConstant: Bool {
    (match?.isConstant ?? true)
      && tests.allSatisfy { test in
        guard case .value(let operand) = test.operand else { return true }
        return operand.isConstant
      }
  }
}
