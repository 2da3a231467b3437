// Rfm is the mathematics of who buys how lately, how often and for how much, and of what a contact's purchases say of
// him. Figures and purchases come in; scores, shares and the moment at which time alone changes them go out. It must not
// know tables, schedules' clocks or segments.

public import JSON

/// What counts as a purchase, and when the boundaries of the scores are worked out anew.
public struct RfmRule: Sendable, Equatable {
  /// The type of event that is a purchase.
  public var event: String
  /// What it was worth: the numbers at this path, added up. Without any it was worth nothing, and is counted.
  public var value: PropertyPath
  /// When new boundaries are taken, by the shop's clock.
  public var boundaries: Recurrence

  public init(event: String, value: PropertyPath, boundaries: Recurrence) {
    (self.event, self.value, self.boundaries) = (event, value, boundaries)
  }

  /// The server's own event of one who has other scores.
  public static let moved = "rfm.moved"

  /// Purchases by their `total`, on Monday mornings.
  public static let standard = RfmRule(
    event: "purchase", value: PropertyPath(parts: ["total"]),
    boundaries: Recurrence(day: .weekday(1), at: ClockTime(minute: 4 * 60)))

  /// The first time of the schedule after `moment`.
  public func nextBoundaries(after moment: Timestamp, in zone: Zone) -> Timestamp? {
    let times = ScheduleTrigger.Times.every([boundaries])
    let today = zone.local(moment).date
    var next = times.next(after: nil, from: today)
    while let time = next {
      let due = zone.moment(of: time.local)
      if due > moment { return due }
      next = times.next(after: time.number, from: today)
    }
    return nil
  }

  public func amount(of properties: JSONValue) -> Amount {
    var sum = JSONNumber(0)
    _ = value.anyValue(in: properties) { value in
      if let number = value.numeric { sum = sum + number }
      return false
    }
    return Amount(sum)
  }
}

/// Money in ten-thousandths, so that sums are exact and never a binary float. What is smaller is rounded; beyond ten
/// millions of millions it stays at that.
public struct Amount: Sendable, Hashable, Comparable {
  public let tenThousandths: Int64

  public static let places = 4
  static let largest: Int64 = 100_000_000_000_000_000

  public static let zero = Amount(tenThousandths: 0)

  public init(tenThousandths: Int64) { self.tenThousandths = min(max(tenThousandths, -Self.largest), Self.largest) }

  public init(_ number: JSONNumber) {
    self.init(tenThousandths: number.scaled(byTenTo: Self.places) ?? (number < 0 ? -Self.largest : Self.largest))
  }

  public static func + (a: Amount, b: Amount) -> Amount {
    Amount(tenThousandths: a.tenThousandths + b.tenThousandths)
  }

  public static func < (a: Amount, b: Amount) -> Bool { a.tenThousandths < b.tenThousandths }

  public var number: JSONNumber { .decimal(tenThousandths, places: Self.places) }
}

extension JSONNumber {
  /// `value` / 10^`places`, without zeros at its end.
  static func decimal(_ value: Int64, places: Int) -> JSONNumber {
    var (value, places) = (value, places)
    while places > 0, value % 10 == 0 { (value, places) = (value / 10, places - 1) }
    guard places > 0 else { return JSONNumber(value) }
    let digits = String(value.magnitude)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let text = "\(value < 0 ? "-" : "")\(padded.dropLast(places)).\(padded.suffix(places))"
    return JSONNumber(text: text) ?? JSONNumber(value)
  }
}
