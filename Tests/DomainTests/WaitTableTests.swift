import Domain
import JSON
import Testing

/// (steps, zone, entry) → when the first wait ends, on and around the days that have more or fewer hours than others.
@Suite("Waits and changes of clocks")
struct WaitTableTests {
  struct Row: CustomTestStringConvertible {
    let testDescription: String
    let steps: String
    let zone: String
    let enters: String
    /// Nil: there is nothing to wait for.
    let ends: String?

    init(_ description: String, _ steps: String, _ zone: String, _ enters: String, _ ends: String?) {
      (testDescription, self.steps, self.zone) = ("\(description): \(steps) in \(zone)", steps, zone)
      (self.enters, self.ends) = (enters, ends)
    }
  }

  static let spans = [
    // Clocks go forward: the day has 23 hours.
    Row("a day over the short one", #"{"wait":"1d"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z"),
    Row("hours over it", #"{"wait":"24h"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", "2026-03-29T11:00:00Z"),
    Row("a day into the gap", #"{"wait":"1d"}"#, "Europe/Paris", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z"),
    Row("a month over it", #"{"wait":"1mo"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", "2026-04-28T10:00:00Z"),
    // Back: 25 hours.
    Row("a day over the long one", #"{"wait":"1d"}"#, "Europe/Paris", "2026-10-24T10:00:00Z", "2026-10-25T11:00:00Z"),
    Row("hours over it", #"{"wait":"24h"}"#, "Europe/Paris", "2026-10-24T10:00:00Z", "2026-10-25T10:00:00Z"),
    Row("a day to the first", #"{"wait":"1d"}"#, "Europe/Paris", "2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z"),
    Row("a day from the second", #"{"wait":"1d"}"#, "Europe/Paris", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"),
    Row("a month over it", #"{"wait":"1mo"}"#, "Europe/Paris", "2026-10-24T10:00:00Z", "2026-11-24T11:00:00Z"),
    Row("a day", #"{"wait":"1d"}"#, "America/New_York", "2026-03-07T17:00:00Z", "2026-03-08T16:00:00Z"),
    Row("a day", #"{"wait":"1d"}"#, "America/New_York", "2026-10-31T16:00:00Z", "2026-11-01T17:00:00Z"),
    // Half an hour.
    Row("a day", #"{"wait":"1d"}"#, "Australia/Lord_Howe", "2026-10-03T01:30:00Z", "2026-10-04T01:00:00Z"),
    Row("a day into it", #"{"wait":"1d"}"#, "Australia/Lord_Howe", "2026-10-02T15:40:00Z", "2026-10-03T15:30:00Z"),
    Row("a day", #"{"wait":"1d"}"#, "Australia/Lord_Howe", "2026-04-04T01:00:00Z", "2026-04-05T01:30:00Z"),
    // None.
    Row("a day", #"{"wait":"1d"}"#, "Europe/Moscow", "2026-03-28T11:00:00Z", "2026-03-29T11:00:00Z"),
    Row("a month", #"{"wait":"1mo"}"#, "Europe/Moscow", "2026-03-28T11:00:00Z", "2026-04-28T11:00:00Z"),
    // Back for Ramadan, on 15 February, and forward after it, on 22 March.
    Row("a day", #"{"wait":"1d"}"#, "Africa/Casablanca", "2026-02-14T11:00:00Z", "2026-02-15T12:00:00Z"),
    Row("a day", #"{"wait":"1d"}"#, "Africa/Casablanca", "2026-03-21T12:00:00Z", "2026-03-22T11:00:00Z"),
    // Leap days and months of different length.
    Row("a year", #"{"wait":"1y"}"#, "Europe/Paris", "2028-02-29T11:00:00Z", "2029-02-28T11:00:00Z"),
    Row("four years", #"{"wait":"4y"}"#, "Europe/Paris", "2028-02-29T11:00:00Z", "2032-02-29T11:00:00Z"),
    Row("a month", #"{"wait":"1mo"}"#, "Europe/Paris", "2028-01-31T11:00:00Z", "2028-02-29T11:00:00Z"),
    Row("a month", #"{"wait":"1mo"}"#, "Europe/Paris", "2026-01-31T11:00:00Z", "2026-02-28T11:00:00Z"),
    // Odd ones.
    Row("nothing", #"{"wait":"0h"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", nil),
    Row("nothing", #"{"wait":"0d"}"#, "Europe/Paris", "2026-10-25T01:30:00Z", nil),
    Row("long", #"{"wait":"400d"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", "2027-05-02T10:00:00Z"),
    Row("a life", #"{"wait":"100y"}"#, "Europe/Moscow", "2026-03-28T11:00:00Z", "2126-03-28T11:00:00Z"),
    Row("from a while ago", #"{"wait":"0d","since":"enter"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", nil),
  ]

  static let clocks = [
    Row("missing", #"{"wait_until":"02:30"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", "2026-03-29T01:00:00Z"),
    Row("twice", #"{"wait_until":"02:30"}"#, "Europe/Paris", "2026-10-24T10:00:00Z", "2026-10-25T00:30:00Z"),
    // At the second 02:10 the first 02:30 is past.
    Row("twice", #"{"wait_until":"02:30"}"#, "Europe/Paris", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z"),
    Row("missing", #"{"wait_until":"02:10"}"#, "Australia/Lord_Howe", "2026-10-03T01:30:00Z", "2026-10-03T15:30:00Z"),
    Row("there", #"{"wait_until":"02:30"}"#, "Europe/Moscow", "2026-03-28T11:00:00Z", "2026-03-28T23:30:00Z"),
    Row("missing", #"{"wait_until":"02:30"}"#, "America/New_York", "2026-03-07T17:00:00Z", "2026-03-08T07:00:00Z"),
    // On days that begin at one.
    Row("midnight", #"{"wait_until":"00:00"}"#, "Africa/Cairo", "2026-04-23T10:00:00Z", "2026-04-23T22:00:00Z"),
    Row("midnight", #"{"wait_until":"00:30"}"#, "America/Havana", "2026-03-07T17:00:00Z", "2026-03-08T05:00:00Z"),
    Row("now", #"{"wait_until":"12:00"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", nil),
    Row("just gone", #"{"wait_until":"12:00"}"#, "Europe/Paris", "2026-03-28T11:00:00.001Z", "2026-03-29T10:00:00Z"),
    Row(
      "the 31st", #"{"wait_until":"12:00","on":["31"]}"#, "Europe/Paris", "2026-01-31T12:00:00Z",
      "2026-03-31T10:00:00Z"),
    Row(
      "the fifth", #"{"wait_until":"12:00","on":["5th sun"]}"#, "Europe/Paris", "2026-03-01T12:00:00Z",
      "2026-03-29T10:00:00Z"),
    Row(
      "a date", #"{"wait_until":{"date":"contact.leap","offset":"1y"},"at":"10:00"}"#, "Europe/Paris",
      "2028-03-01T12:00:00Z", "2029-02-28T09:00:00Z"),
    Row(
      "a date on a short day", #"{"wait_until":{"date":"contact.spring"},"at":"02:30"}"#, "Europe/Paris",
      "2026-03-01T12:00:00Z", "2026-03-29T01:00:00Z"),
    Row(
      "hours before it", #"{"wait_until":{"date":"contact.spring","offset":"-8h"},"at":"10:00"}"#, "Europe/Paris",
      "2026-03-01T12:00:00Z", "2026-03-29T00:00:00Z"),
  ]

  /// Messages leave from 09:00 to 20:00.
  static let windows = [
    Row("inside", #"{"wait":"8h..24h"}"#, "Europe/Paris", "2026-03-28T00:00:00Z", "2026-03-28T08:00:00Z"),
    // 01:00 is 03:00 there.
    Row("to the morning", #"{"wait":"8h..24h"}"#, "Europe/Paris", "2026-03-28T17:00:00Z", "2026-03-29T07:00:00Z"),
    Row("to the morning", #"{"wait":"8h..24h"}"#, "Europe/Paris", "2026-10-24T17:00:00Z", "2026-10-25T08:00:00Z"),
    Row("nothing in it", #"{"wait":"1h..2h"}"#, "Europe/Paris", "2026-03-28T20:00:00Z", "2026-03-29T07:00:00Z"),
    Row("nothing in it", #"{"wait":"0h..1h"}"#, "Europe/Moscow", "2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z"),
    Row("nothing in it", #"{"wait":"1h..2h"}"#, "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T22:00:00Z"),
    Row("in days", #"{"wait":"1d..2d"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z"),
    Row("of nothing", #"{"wait":"0h..1d"}"#, "Europe/Paris", "2026-03-28T11:00:00Z", nil),
    Row("to the morning", #"{"wait":"8h..24h"}"#, "Africa/Casablanca", "2026-02-14T17:00:00Z", "2026-02-15T09:00:00Z"),
  ]

  @Test("durations are exact or keep the local time", arguments: spans)
  func waits(_ row: Row) throws { try check(row, "") }

  @Test("clock times that are missing, there twice, or today's or tomorrow's", arguments: clocks)
  func waitsUntil(_ row: Row) throws { try check(row, "") }

  @Test("windows and quiet hours", arguments: windows)
  func waitsInWindow(_ row: Row) throws { try check(row, #",{"send":"email","template":"a"}"#) }

  private func check(_ row: Row, _ more: String) throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[\#(row.steps)\#(more)]}"#)
    walk.view.zone = try #require(Zone(row.zone))
    walk.view.contact = ["leap": "2028-02-29", "spring": "2026-03-29"]
    walk.rules.channels["email"] = ChannelPolicy(hours: ClockSpan("09:00..20:00"))
    try walk.enter("cart", row.enters)
    #expect(walk.run.stepDueAt == row.ends.flatMap { Timestamp(rfc3339: $0) }, "\(walk.run.stepDueAt?.rfc3339 ?? "-")")
  }

  @Test(
    "a wait that is no time, or longer than a life, is refused",
    arguments: ["-1d", "1000000000d", "101y", "99999999999h", "1e3d", "0..0h", "2h..1h", "1d..101y", ""])
  func refuses(_ text: String) throws {
    let chain = #"{"enter":{"event":"cart"},"steps":[{"wait":"\#(text)"}]}"#
    let result = ChainParser.parse(try JSONDocument(parsing: Array(chain.utf8)))
    #expect(result.errors.map(\.pointer) == ["/steps/0/wait"])
  }

  @Test("a best hour that a day does not have is another's, and one that it has twice is the first")
  func bestHour() throws {
    let text = #"{"enter":{"event":"cart"},"steps":[{"wait":"1h..30h"},{"send":"email","template":"a"}]}"#
    for (hour, enters, hourThen) in [
      (2, "2026-03-28T11:00:00Z", 1), (2, "2026-10-24T10:00:00Z", 2), (14, "2026-03-28T11:00:00Z", 14),
    ] {
      let walk = try Walk(text)
      walk.view.zone = try #require(Zone("Europe/Paris"))
      var hours = Array(repeating: 0, count: 24)
      (hours[hour], hours[1]) = (20, 1)
      walk.view.hours = hours
      try walk.enter("cart", enters)
      let due = try #require(walk.run.stepDueAt)
      #expect(walk.view.zone.local(due).hour == hourThen)
      #expect(due < Timestamp(rfc3339: "2026-10-25T01:00:00Z")! || hour != 2 || enters.contains("-03-"))
    }
  }
}
