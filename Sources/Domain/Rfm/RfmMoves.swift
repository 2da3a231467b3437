import JSON

/// The server's own event of a contact who goes from one cell to another.
public enum RfmMoves {
  public static let cause = "cause"
  /// New boundaries moved him: he has done nothing himself.
  public static let boundaries = "boundaries"

  /// What a trigger asks of an event: of moves between cells, unless it speaks of their cause itself, that it was not
  /// the boundaries that moved. A Monday morning would start chains for half the shop.
  static func asked(of type: String, _ match: Match?) -> Match? {
    guard type == RfmRule.moved else { return match }
    let fields = match?.fields ?? []
    if fields.contains(where: { $0.path.parts == [cause] }) { return match }
    let own = Match.Field(
      path: PropertyPath(parts: [cause]), tests: [.compare(.notEqual, .literal(.string(boundaries)))])
    return Match(fields: fields + [own])
  }
}
