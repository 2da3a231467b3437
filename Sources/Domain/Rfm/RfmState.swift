/// Three scores of 1 through 5, of which 5 is the best.
public struct RfmCell: Sendable, Hashable, Comparable {
  public let recency: Int
  public let frequency: Int
  public let monetary: Int

  public init(recency: Int, frequency: Int, monetary: Int) {
    (self.recency, self.frequency, self.monetary) = (recency, frequency, monetary)
  }

  /// Nil unless the text is three digits of 1 through 5.
  public init?(text: String) {
    let digits = text.utf8.map { Int($0) - 48 }
    guard digits.count == 3, digits.allSatisfy((1...5).contains) else { return nil }
    self.init(recency: digits[0], frequency: digits[1], monetary: digits[2])
  }

  /// `"543"`: recency, frequency, monetary.
  public var text: String { "\(recency)\(frequency)\(monetary)" }

  public static func < (a: RfmCell, b: RfmCell) -> Bool {
    (a.recency, a.frequency, a.monetary) < (b.recency, b.frequency, b.monetary)
  }
}

/// What the scores are made of: a contact's purchases so far.
public struct RfmFigures: Sendable, Hashable {
  public var lastAt: Timestamp
  public var count: Int64
  public var sum: Amount

  public init(lastAt: Timestamp, count: Int64, sum: Amount) {
    (self.lastAt, self.count, self.sum) = (lastAt, count, sum)
  }

  /// Of all the purchases of both.
  public static func + (a: RfmFigures, b: RfmFigures) -> RfmFigures {
    RfmFigures(lastAt: max(a.lastAt, b.lastAt), count: a.count + b.count, sum: a.sum + b.sum)
  }

  /// Of so many contacts' purchases the order does not matter; nil of none.
  public init?(of purchases: [EventFact], by rule: RfmRule) {
    guard let first = purchases.first else { return nil }
    self.init(lastAt: first.at, count: 0, sum: .zero)
    for purchase in purchases {
      (lastAt, count, sum) = (max(lastAt, purchase.at), count + 1, sum + rule.amount(of: purchase.properties))
    }
  }
}

/// The boundaries of one version: taken of all who had bought by then.
public struct RfmBoundaries: Sendable, Hashable {
  /// From 1 on.
  public let version: Int64
  public let computedAt: Timestamp
  /// How many had bought.
  public let contacts: Int64
  /// Milliseconds since the last purchase, as of `computedAt`.
  public let recency: Quintiles
  /// Purchases.
  public let frequency: Quintiles
  /// Ten-thousandths.
  public let monetary: Quintiles

  public init(
    version: Int64, computedAt: Timestamp, contacts: Int64, recency: Quintiles, frequency: Quintiles,
    monetary: Quintiles
  ) {
    (self.version, self.computedAt, self.contacts) = (version, computedAt, contacts)
    (self.recency, self.frequency, self.monetary) = (recency, frequency, monetary)
  }

  /// The scores at `now`. Time alone lowers recency, to the exact millisecond.
  public func state(of figures: RfmFigures, at now: Timestamp) -> RfmState {
    let age = Self.age(figures.lastAt, at: now)
    let cell = RfmCell(
      recency: 6 - recency.score(of: age), frequency: frequency.score(of: figures.count),
      monetary: monetary.score(of: figures.sum.tenThousandths))
    return RfmState(
      figures: figures, version: version, cell: cell, nextChange: recency.next(after: age).map { figures.lastAt + $0 })
  }

  /// The measure of recency: nobody bought in the future, and ten thousand years are enough.
  public static func age(_ lastAt: Timestamp, at now: Timestamp) -> Int64 {
    min(max(0, now - lastAt), 10_000 * 366 * 86_400_000)
  }
}

/// A contact's scores at a moment.
public struct RfmState: Sendable, Hashable {
  public let figures: RfmFigures
  /// Of the boundaries.
  public let version: Int64
  public let cell: RfmCell
  /// The first moment at which time alone gives another cell; nil: never.
  public let nextChange: Timestamp?
}
