import Domain
import Testing

@Suite struct HoursInGapsTests {
  /// In Berlin the clocks go from 02:00 to 03:00 on 29 March 2026.
  @Test(
    "hours that a day does not have, because clocks go forward over them, are looked for on the next day",
    arguments: [
      ("02:10..02:40", "2026-03-30T00:10:00.000Z"),
      // The beginning is missing, the rest is there: the first moment after the gap.
      ("02:30..05:00", "2026-03-29T01:00:00.000Z"),
    ])
  func missingHours(text: String, first: String) throws {
    let berlin = try #require(Zone("Europe/Berlin"))
    let evening = try #require(Timestamp(rfc3339: "2026-03-28T20:00:00Z"))
    let hours = AllowedHours([ClockSpan(text)])
    let found = hours.firstMoment(from: evening, in: berlin)
    #expect(found.rfc3339 == first)
    #expect(hours.contains(found, in: berlin))
    let inGap = try #require(Timestamp(rfc3339: "2026-03-29T01:00:00Z"))
    #expect(hours.firstMoment(from: inGap, in: berlin).rfc3339 == first)
  }
}
