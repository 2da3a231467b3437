import JSON
import Testing

@Suite("Numbers")
struct JSONNumberTests {
  private func number(_ text: String) throws -> JSONNumber { try #require(JSONNumber(text: text)) }

  @Test(
    "numbers are equal by value and hash alike",
    arguments: [
      ("1", "1.0"), ("1", "10e-1"), ("0", "-0"), ("0", "0.000e5"), ("1e3", "1000"), ("-1.50", "-15e-1"),
      ("123456789012345678901234567890", "1234567890123456789012345678900e-1"), ("1e399", "10e398"),
    ])
  func equality(_ one: String, _ other: String) throws {
    #expect(try number(one) == number(other))
    #expect(try number(one).hashValue == number(other).hashValue)
    #expect(try !(number(one) < number(other)))
  }

  @Test(
    "numbers are ordered exactly",
    arguments: [
      ("-2", "-1"), ("-1", "0"), ("0", "0.001"), ("9", "10"), ("9007199254740992", "9007199254740993"), ("0.1", "0.11"),
      ("1e-400", "1e400"), ("-1e400", "-1e-400"), ("99999999999999999999", "1e20"), ("-0.5", "0"), ("1.5", "2"),
    ])
  func order(_ less: String, _ more: String) throws {
    #expect(try number(less) < number(more))
    #expect(try !(number(more) < number(less)))
    #expect(try number(less) != number(more))
  }

  @Test(
    "sums are decimal",
    arguments: [
      ("0.1", "0.2", "0.3"), ("1.50", "1", "2.50"), ("1.50", "-1.50", "0.00"),
      ("9223372036854775807", "1", "9223372036854775808"),
      ("-5", "3.25", "-1.75"), ("5", "-7.5", "-2.5"), ("0e3", "-5", "-5"), ("99.99", "0.01", "100.00"),
      ("1e300", "1e300", "2e300"),
      ("123456789012345678901234567890", "1", "123456789012345678901234567891"), ("1e-60", "1e-60", "2e-60"),
      ("-0.7", "-0.4", "-1.1"),
    ])
  func sums(_ one: String, _ other: String, _ sum: String) throws {
    #expect(try (number(one) + number(other)).text == sum)
    #expect(try (number(other) + number(one)).text == sum)
  }

  @Test("a sum over the whole range of exponents is bounded")
  func wideSum() throws {
    #expect(try (number("1e400") + number("1e-400")).text.utf8.count < 20_010)
  }

  @Test("an integer is exact or nil")
  func integers() throws {
    #expect(try number("1e3").int == 1000)
    #expect(try number("12.0").int == 12)
    #expect(try number("-9223372036854775808").int == .min)
    #expect(try number("-9223372036854775808.0").int == .min)
    #expect(try number("9223372036854775807.0").int == .max)
    #expect(try number("9223372036854775808").int == nil)
    #expect(try number("1.5").int == nil)
    #expect(try number("1e399").int == nil)
    #expect(try number("1e-1").int == nil)
  }

  @Test(
    "only JSON numbers are numbers",
    arguments: ["", "+1", "01", "1.", ".5", "1e", "0x1", "NaN", "1 ", " 1", "1e401", "--1"])
  func refused(_ text: String) {
    #expect(JSONNumber(text: text) == nil)
  }

  @Test("binary floats come in by their shortest text")
  func doubles() throws {
    #expect(JSONNumber(2.0)?.text == "2")
    #expect(JSONNumber(0.1)?.text == "0.1")
    #expect(JSONNumber(1e300)?.double == 1e300)
    #expect(JSONNumber(.infinity) == nil)
    #expect(JSONNumber(.nan) == nil)
    #expect(try number("1e399").double == .infinity)
  }
}
