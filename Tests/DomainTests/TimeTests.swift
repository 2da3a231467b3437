import Domain
import Testing

@Suite("Moments, zones and spans")
struct TimeTests {
  private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }
  private func zone(_ name: String) throws -> Zone { try #require(Zone(name)) }

  @Test(
    "a time by RFC 3339 is read and written back in UTC",
    arguments: [
      ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000Z"),
      ("2026-03-02t09:00:00.5z", "2026-03-02T09:00:00.500Z"),
      ("2026-03-02T12:00:00.1239+03:00", "2026-03-02T09:00:00.123Z"),
      ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000Z"),
      ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
      ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
      ("9999-12-31T23:59:59-00:30", "10000-01-01T00:29:59.000Z"),
    ])
  func reads(_ text: String, _ expected: String) throws {
    #expect(try moment(text).rfc3339 == expected)
  }

  @Test(
    "an impossible time is refused",
    arguments: [
      "2026-13-45T00:00:00Z", "2026-02-29T00:00:00Z", "2026-03-02", "2026-03-02T24:00:00Z", "2026-03-02T09:00:00",
      "2026-03-02T09:00Z", "0000-01-01T00:00:00Z", "2026-03-02T09:00:00.Z", "2026-03-02T09:00:00+24:00", "",
      "٢٠٢٦-03-02T09:00:00Z", "2026-03-02T09:00:00Z ",
    ])
  func refuses(_ text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test("every day from 1583 to 2500 has the number that follows the day before")
  func countsDays() {
    var expected = CivilDate(year: 1583, month: 1, day: 1)?.daysSince1970 ?? 0
    for year in 1583...2500 {
      for month in 1...12 {
        for day in 1...31 {
          guard let date = CivilDate(year: year, month: month, day: day) else { continue }
          #expect(date.daysSince1970 == expected)
          #expect(CivilDate(daysSince1970: expected) == date)
          expected += 1
        }
      }
    }
  }

  @Test(
    "a local time that does not exist is the first moment after, one that exists twice is the first",
    arguments: [
      ("Europe/Paris", 2026, 3, 29, 2, 30, "2026-03-29T01:00:00.000Z"),
      ("Europe/Paris", 2026, 10, 25, 2, 30, "2026-10-25T00:30:00.000Z"),
      ("America/New_York", 2026, 3, 8, 2, 15, "2026-03-08T07:00:00.000Z"),
      ("America/New_York", 2026, 11, 1, 1, 30, "2026-11-01T05:30:00.000Z"),
      ("Australia/Lord_Howe", 2026, 10, 4, 2, 10, "2026-10-03T15:30:00.000Z"),
      ("Australia/Lord_Howe", 2026, 4, 5, 1, 45, "2026-04-04T14:45:00.000Z"),
      ("Europe/Moscow", 2026, 3, 29, 2, 30, "2026-03-28T23:30:00.000Z"),
      ("Pacific/Apia", 2011, 12, 30, 12, 0, "2011-12-30T10:00:00.000Z"),
    ])
  func resolvesLocalTimes(
    _ name: String, _ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ expected: String
  ) throws {
    let date = try #require(CivilDate(year: year, month: month, day: day))
    let local = LocalTime(date: date, millisecondOfDay: Int64(hour * 60 + minute) * 60_000)
    #expect(try zone(name).moment(of: local).rfc3339 == expected)
  }

  @Test("hours are exact and days keep the local time across a change of clocks")
  func addsSpans() throws {
    let paris = try zone("Europe/Paris")
    let saturday = try moment("2026-03-28T09:00:00Z")
    #expect(Span("24h")?.after(saturday, in: paris).rfc3339 == "2026-03-29T09:00:00.000Z")
    #expect(Span("1d")?.after(saturday, in: paris).rfc3339 == "2026-03-29T08:00:00.000Z")
    #expect(Span("1mo")?.after(try moment("2026-01-31T09:00:00Z"), in: .utc).rfc3339 == "2026-02-28T09:00:00.000Z")
    #expect(Span("1y")?.after(try moment("2024-02-29T09:00:00Z"), in: .utc).rfc3339 == "2025-02-28T09:00:00.000Z")
  }

  @Test(
    "durations read as people write them",
    arguments: [
      ("30m", Span(milliseconds: 1_800_000)), ("8h", Span(milliseconds: 28_800_000)), ("3d", Span(days: 3)),
      ("2w", Span(days: 14)), ("6mo", Span(months: 6)), ("1y", Span(months: 12)), ("3 days", Span(days: 3)),
      ("0h", Span()), ("100y", Span(months: 1200)),
    ])
  func readsSpans(_ text: String, _ expected: Span) {
    #expect(Span(text) == expected)
  }

  @Test(
    "what is no duration is refused, and so is a life too long",
    arguments: [
      "", "h", "3", "-1d", "1.5h", "3 fortnights", "1000000000d", "99999999999h", "200y", "٣d", "999999999y",
      "9999999999999y", "101y",
    ])
  func refusesSpans(_ text: String) {
    #expect(Span(text) == nil)
  }

  @Test("allowed hours over midnight and of several spans give the first moment that all permit")
  func findsPermittedMoments() throws {
    let moscow = try zone("Europe/Moscow")
    let night = AllowedHours([ClockSpan("22:00..06:00")])
    #expect(
      night.firstMoment(from: try moment("2026-03-02T09:00:00Z"), in: moscow).rfc3339 == "2026-03-02T19:00:00.000Z")
    #expect(
      night.firstMoment(from: try moment("2026-03-02T23:00:00Z"), in: moscow).rfc3339 == "2026-03-02T23:00:00.000Z")
    let narrowed = AllowedHours([ClockSpan("09:00..20:00"), ClockSpan("10:00..12:00")])
    #expect(
      narrowed.firstMoment(from: try moment("2026-03-02T09:30:00Z"), in: moscow).rfc3339 == "2026-03-03T07:00:00.000Z")
    #expect(!AllowedHours([ClockSpan("09:00..10:00"), ClockSpan("11:00..12:00")]).everMeet)
    #expect(AllowedHours([]).everMeet)
  }

  @Test("hours that a change of clocks swallows are the next day's")
  func skipsSwallowedHours() throws {
    let berlin = try zone("Europe/Berlin")
    let hours = AllowedHours([ClockSpan("02:10..02:20")])
    let first = hours.firstMoment(from: try moment("2026-03-28T12:00:00Z"), in: berlin)
    #expect(first.rfc3339 == "2026-03-30T00:10:00.000Z")
    #expect(hours.contains(first, in: berlin))
  }

  @Test(
    "an offset is no time zone, and a zone keeps the name it was given", arguments: ["GMT+3", "UTC+03:00", "GMT-5"])
  func refusesOffsets(_ name: String) throws {
    #expect(Zone(name) == nil)
    #expect(try zone("UTC").identifier == "UTC")
    #expect(try zone("Etc/GMT+3").identifier == "Etc/GMT+3")
  }

  @Test(
    "rules for days know weekdays, nth and last ones and days of the month",
    arguments: [
      ("mon", 2026, 3, 2, true), ("tue", 2026, 3, 2, false), ("1st mon", 2026, 3, 2, true),
      ("1st mon", 2026, 3, 9, false), ("last fri", 2026, 3, 27, true), ("last fri", 2026, 3, 20, false),
      ("15", 2026, 3, 15, true),
    ])
  func fitsDays(_ rule: String, _ year: Int, _ month: Int, _ day: Int, _ fits: Bool) throws {
    let date = try #require(CivilDate(year: year, month: month, day: day))
    #expect(try #require(DayRule(rule)).fits(date) == fits)
  }
}
