/// A moment: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Timestamp: Sendable, Hashable, Comparable {
  public let milliseconds: Int64

  @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

  /// Saturates instead of overflowing: a moment too far away is the farthest there is.
  public static func + (moment: Timestamp, milliseconds: Int64) -> Timestamp {
    let (sum, overflow) = moment.milliseconds.addingReportingOverflow(milliseconds)
    return Timestamp(milliseconds: overflow ? (milliseconds < 0 ? .min : .max) : sum)
  }

  public static func - (a: Timestamp, b: Timestamp) -> Int64 {
    let (difference, overflow) = a.milliseconds.subtractingReportingOverflow(b.milliseconds)
    return overflow ? (a < b ? .min : .max) : difference
  }
}

extension Timestamp {
  /// The profile of RFC 3339 §5.6 with an upper- or lower-case `T` and `Z`, years 1–9999; fractions beyond milliseconds
  /// are cut, a leap second (`:60`) is the second after. Nil for anything else, impossible dates among them.
  public init?(rfc3339 text: String) {
    var reader = DigitReader(text.utf8)
    self.init(rfc3339: &reader)
  }

  /// Of the bytes of a text.
  public init?(rfc3339 text: Swift.Span<UInt8>) {
    let read = text.withUnsafeBufferPointer { bytes in
      var reader = DigitReader(bytes)
      return Timestamp(rfc3339: &reader)
    }
    guard let read else { return nil }
    self = read
  }

  private init?<Bytes>(rfc3339 reader: inout DigitReader<Bytes>) {
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
      let day = reader.number(2), reader.takeAny("Tt "), let hour = reader.number(2), reader.take(":"),
      let minute = reader.number(2), reader.take(":"), let second = reader.number(2), year >= 1,
      let date = CivilDate(year: year, month: month, day: day), hour < 24, minute < 60, second <= 60
    else { return nil }
    var fraction: Int64 = 0
    if reader.take(".") {
      guard let read = reader.millisecondFraction() else { return nil }
      fraction = read
    }
    var offsetMinutes: Int64 = 0
    if !reader.takeAny("Zz") {
      let sign: Int64 = reader.take("+") ? 1 : -1
      guard sign == 1 || reader.take("-"), let hours = reader.number(2), reader.take(":"),
        let minutes = reader.number(2), hours < 24, minutes < 60
      else { return nil }
      offsetMinutes = sign * Int64(hours * 60 + minutes)
    }
    guard reader.atEnd else { return nil }
    let clock = Int64(hour) * 3600 + Int64(minute) * 60 + Int64(second) - offsetMinutes * 60
    self.init(milliseconds: (date.daysSince1970 * 86_400 + clock) * 1000 + fraction)
  }

  /// UTC with milliseconds: `2026-03-02T09:00:00.000Z`.
  public var rfc3339: String {
    let (days, time) = milliseconds.floorDivided(by: 86_400_000)
    let date = CivilDate(daysSince1970: days)
    return String(unsafeUninitializedCapacity: DigitWriter.capacity) { bytes in
      var writer = DigitWriter(bytes)
      writer.number(Int64(date.year), 4)
      writer.mark(UInt8(ascii: "-"))
      writer.number(Int64(date.month), 2)
      writer.mark(UInt8(ascii: "-"))
      writer.number(Int64(date.day), 2)
      writer.mark(UInt8(ascii: "T"))
      writer.number(time / 3_600_000, 2)
      writer.mark(UInt8(ascii: ":"))
      writer.number(time / 60_000 % 60, 2)
      writer.mark(UInt8(ascii: ":"))
      writer.number(time / 1000 % 60, 2)
      writer.mark(UInt8(ascii: "."))
      writer.number(time % 1000, 3)
      writer.mark(UInt8(ascii: "Z"))
      return writer.count
    }
  }
}

/// Reads fixed-width numbers and separators off a text.
struct DigitReader<Bytes: Collection<UInt8>> {
  private var rest: Bytes.SubSequence

  init(_ text: Bytes) { rest = text[...] }

  var atEnd: Bool { rest.isEmpty }

  mutating func number(_ digits: Int) -> Int? {
    guard rest.count >= digits else { return nil }
    var value = 0
    for byte in rest.prefix(digits) {
      guard byte >= 48, byte <= 57 else { return nil }
      value = value * 10 + Int(byte - 48)
    }
    rest = rest.dropFirst(digits)
    return value
  }

  /// One to some digits, of which the first three count.
  mutating func millisecondFraction() -> Int64? {
    var value: Int64 = 0
    var scale: Int64 = 100
    var any = false
    while let byte = rest.first, byte >= 48, byte <= 57 {
      value += Int64(byte - 48) * scale
      scale /= 10
      any = true
      rest = rest.dropFirst()
    }
    return any ? value : nil
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func takeAny(_ characters: String) -> Bool {
    guard let byte = rest.first, characters.utf8.contains(byte) else { return false }
    rest = rest.dropFirst()
    return true
  }
}

/// Writes numbers with leading zeros into a text's bytes.
private struct DigitWriter {
  /// Enough for every moment there is: the farthest year has nine digits and a sign.
  static let capacity = 40

  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  init(_ bytes: UnsafeMutableBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func mark(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  /// With more digits than `width` where it takes more.
  mutating func number(_ number: Int64, _ width: Int) {
    if number < 0 { mark(UInt8(ascii: "-")) }
    var (rest, digits, limit) = (number.magnitude, width, UInt64(10))
    for _ in 1..<width { limit *= 10 }
    while rest >= limit {
      digits += 1
      limit *= 10
    }
    for place in (count..<count + digits).reversed() {
      bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    count += digits
  }
}

func padded(_ number: Int64, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

extension Int64 {
  /// Quotient rounded towards minus infinity and a remainder that is never negative.
  func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
