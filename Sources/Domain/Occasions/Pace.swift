/// Gives those whom a schedule takes their places, one after another, so that no more come in a time than its rate says.
public struct Pace: Sendable, Hashable {
  /// Where the counting began, and how many places have been given since.
  public private(set) var start: Timestamp
  public private(set) var count: Int
  /// The last place given.
  public private(set) var last: Timestamp

  public init() { (start, count, last) = (Timestamp(milliseconds: .min), 0, Timestamp(milliseconds: .min)) }

  public init(start: Timestamp, count: Int, last: Timestamp) {
    (self.start, self.count, self.last) = (start, count, last)
  }

  /// The rate is another from here on: who has a place keeps it.
  public mutating func changeRate() { if count > 0 { (start, count) = (last, 1) } }

  /// The next place, at `moment` at the earliest.
  public mutating func place(from moment: Timestamp, at rate: Rate) -> Timestamp {
    var place = start + rate.pause(after: count)
    if count == 0 || place < moment { (start, count, place) = (moment, 0, moment) }
    count += 1
    last = place
    return place
  }
}
