import JSON

extension Explainer {
  /// What would turn the answer to a question about events.
  func wish(_ did: Did, holds: Bool, _ witness: Witness, _ alone: Timestamp?) -> String {
    if case .sinceStep(let step) = did.window, evaluator.run.marks[step] == nil {
      return "the end of the step `\(label(step))`: only what comes after it counts"
    }
    let isReached = holds != did.negated
    let wish = isReached ? wishForLess(did, witness, alone) : wishForMore(did, witness)
    guard let alone else { return wish }
    return wish + (isReached ? ": by itself at \(alone.brief)" : ", or by itself at \(alone.brief)")
  }

  private func wishForLess(_ did: Did, _ witness: Witness, _ alone: Timestamp?) -> String {
    guard did.measure == .times, did.tests == NumberTest.atLeastOnce else {
      return "\(subject(did)) no longer \(did.tests.phrase)\(window(did)) (it is \(value(witness)))"
    }
    let last = witness.counted.first.map { ", and there was one at \($0.at.brief)" } ?? ""
    return "no \(events(did))\(window(did))\(last)" + (alone == nil ? ": nothing undoes it" : "")
  }

  private func wishForMore(_ did: Did, _ witness: Witness) -> String {
    guard did.measure == .times, let missing = missing(did, witness) else {
      return "\(subject(did)) \(did.tests.phrase)\(window(did)) (it is \(value(witness)))"
    }
    let have = witness.countedAll
    if have == 0 {
      return (missing == 1 ? "a \(events(did))" : "\(missing) \(events(did))") + window(did)
    }
    let leaves = firstToLeave(did, witness).map { " before \($0.brief)" } ?? ""
    let more = missing == 1 ? "one more" : "\(missing) more"
    return "\(more) \(events(did))\(leaves) (\(have) of \(have + missing)\(window(did)))"
  }

  /// How many more events there would have to be; nil where more would not help.
  private func missing(_ did: Did, _ witness: Witness) -> Int? {
    guard let (value, operand) = witness.measures.last, let value, let operand,
      let test = did.tests[safe: witness.measures.count - 1]
    else { return nil }
    let gap = operand.double - value.double
    switch test.comparison {
    case .greaterOrEqual, .equal: return gap > 0 ? Int(exactly: gap.rounded(.up)) : nil
    case .greater: return gap >= 0 ? Int(exactly: gap.rounded(.down) + 1) : nil
    case .notEqual: return 1
    case .less, .lessOrEqual: return nil
    }
  }

  /// When the first of those that counted no longer does.
  private func firstToLeave(_ did: Did, _ witness: Witness) -> Timestamp? {
    guard case .within(let span) = did.window, witness.countedAll == witness.counted.count else { return nil }
    return witness.counted.map { span.after($0.at, in: evaluator.view.zone) }.min()
  }

  private func value(_ witness: Witness) -> String { witness.measures.last?.value?.text ?? "nothing" }

  private func subject(_ did: Did) -> String {
    did.measure == .times ? "the number of \(events(did))" : "\(did.measure.phrase) of \(events(did))"
  }

  /// `view` with category = "iphone"
  private func events(_ did: Did) -> String {
    let same = did.same.map { "the trigger's \($0.triggerPath.text)" }
    let wishes = [did.match?.phrase].compactMap { $0 } + same
    return "`\(did.type)`" + (wishes.isEmpty ? "" : " with " + joined(wishes, by: "and"))
  }

  private func window(_ did: Did) -> String {
    switch did.window {
    case .ever: ""
    case .within(let span): " within \(span.text)"
    case .sinceEntry: " since entry"
    case .sinceStep(let step): " since `\(label(step))` ended"
    case .sinceOwnStart: " since the step began"
    }
  }
}
