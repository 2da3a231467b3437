extension StepFunction {
  /// The variant of a step that this run gets: the winner once there is one, else what the contact was given before,
  /// else by a hash of contact, chain and step. Sticky, so that who comes back finds the same.
  mutating func variant(of step: Step, among variants: [(name: String, weight: Int)], _ winner: Winner?) throws
    -> String
  {
    let name = try winning(step, among: variants, winner) ?? given(step, among: variants)
    guard !run.isHeldOut else { return name }
    effects.append(.count(step: step.label, outcome: "variant:" + name))
    run.variants[step.label] = name
    return name
  }

  /// Recorded, or recorded now: as soon as so many have been counted, whoever does best, of equals the first.
  private mutating func winning(
    _ step: Step, among variants: [(name: String, weight: Int)], _ winner: Winner?
  ) throws -> String? {
    guard let winner else { return nil }
    if let known = try view.winner(of: step.label), variants.contains(where: { $0.name == known }) { return known }
    var best: (name: String, share: Double)?
    var total: Int64 = 0
    for variant in variants {
      let counted = try view.figure(of: step.label, "variant:" + variant.name)
      total += counted
      guard counted > 0 else { continue }
      let share = Double(try view.figure(of: step.label, winner.by.rawValue + ":" + variant.name)) / Double(counted)
      if share > best?.share ?? -1 { best = (variant.name, share) }
    }
    // Of variants of which none has done anything yet, none is better.
    guard total >= winner.after, let best, best.share > 0 else { return nil }
    if !run.isHeldOut { effects.append(.win(step: step.label, variant: best.name)) }
    return best.name
  }

  private mutating func given(_ step: Step, among variants: [(name: String, weight: Int)]) throws -> String {
    if let known = try view.variant(of: step.label), variants.contains(where: { $0.name == known }) { return known }
    let whole = variants.reduce(0) { $0 + $1.weight }
    var place = StableHash.share(of: "split \(run.chain) \(run.contact) \(step.label)", whole: max(1, whole))
    var chosen = variants.first?.name ?? ""
    for variant in variants {
      chosen = variant.name
      place -= variant.weight
      if place < 0 { break }
    }
    if !run.isHeldOut { effects.append(.assign(step: step.label, variant: chosen)) }
    return chosen
  }
}
